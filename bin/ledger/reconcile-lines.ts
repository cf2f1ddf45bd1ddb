import type { FileReconciliation } from './reconcile-file.ts';

/** What a person reads of it: each difference in a line, and what to do about it below. */
export function reconcileLines(found: FileReconciliation): string[] {
  const { matched, onlyOurs, onlyTheirs, differing, counts } = found;
  return [
    ...onlyOurs.flatMap(({ transactionId, type, userId, usdtAmount, settledAt, next }) => [
      `only ours    ${transactionId}  ${type} ${usdtAmount}, user ${userId}, settled ${settledAt}`,
      `             ${next}`,
    ]),
    ...onlyTheirs.flatMap(({ transactionId, type, userId, usdtAmount, line, next }) => [
      `only theirs  ${transactionId}  ${type} ${usdtAmount}, user ${userId}, line ${line}`,
      `             ${next}`,
    ]),
    ...differing.flatMap(({ transactionId, field, ours, theirs, line, next }) => [
      `differing    ${transactionId}  ${field}: ours ${ours}, theirs ${theirs}, line ${line}`,
      `             ${next}`,
    ]),
    ...unlisted(found),
    `${matched} matched, ${counts.onlyOurs} only ours, ${counts.onlyTheirs} only theirs, ${counts.differing} differing`,
  ];
}

function unlisted({ counts, ...found }: FileReconciliation): string[] {
  const kinds = ['onlyOurs', 'onlyTheirs', 'differing'] as const;
  const more = kinds.reduce((sum, kind) => sum + counts[kind] - found[kind].length, 0);
  return more > 0 ? [`${more} more are not listed`] : [];
}
