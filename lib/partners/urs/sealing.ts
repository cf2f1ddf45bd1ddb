import type { CredentialStore } from '../../access/credentials/credentials.ts';
import { GatewayError } from '../../runtime/errors.ts';
import { readAnswer } from '../../definition/predicate/answer.ts';
import type { Answer } from '../../definition/predicate/answer.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { withValidCredentials } from '../valid-credentials.ts';
import { envelopeHeaders, readEnvelope } from './envelope-placement.ts';
import {
  EnvelopeRejected,
  NONCE_BYTES,
  envelopeKey,
  envelopeKeys,
  openEnvelope,
  sealEnvelope,
} from './envelope.ts';

export interface SealingDeps {
  credentials: CredentialStore;
  clock: Clock;
  random: Random;
}

/** For a service without a webhook, which would set it. */
const WINDOW_SECONDS = 300;

/**
 * What strategy `SIGNATURE` does to a request and to its answer: the `Sealing` of `lib/auth/strategy.ts`.
 * @throws GatewayError `CONFIGURATION_ERROR` when there is no `appKey`.
 */
export async function createSealing(
  {
    definition,
    account,
  }: {
    definition: { code: string; webhook?: { windowSeconds: number } | undefined };
    account?: string | undefined;
  },
  { credentials, clock, random }: SealingDeps,
) {
  const { code, webhook } = definition;
  const current = await credentials.current(code, account);
  const key = envelopeKey(code, current);
  credentials.used(code, current.versionId);
  const nowSeconds = () => Math.floor(clock.now() / 1_000);

  return {
    /** A new iv and timestamp each time: two tries of one call are two envelopes. */
    seal(plaintext: string) {
      const envelope = sealEnvelope(plaintext, key, {
        nowSeconds: nowSeconds(),
        iv: key.markedIv(random.bytes(NONCE_BYTES)),
      });
      return {
        body: Buffer.from(JSON.stringify(envelope)),
        contentType: 'application/json',
        headers: envelopeHeaders(envelope),
      };
    },

    /** @throws GatewayError `PLATFORM_API_ERROR` when an envelope is invalid; what is no envelope stays as it is. */
    async open(answer: Answer): Promise<Answer> {
      const envelope = envelopeIn(answer);
      if (!envelope) return answer;
      const opened = await withValidCredentials(code, { credentials, clock }, (versions) =>
        openEnvelope(envelope, {
          keys: envelopeKeys(code, versions),
          nowSeconds: nowSeconds(),
          windowSeconds: webhook?.windowSeconds ?? WINDOW_SECONDS,
        }),
      ).catch((error: unknown) => {
        throw error instanceof EnvelopeRejected ? invalidEnvelope(code, answer.status, error) : error;
      });
      // Counting uses of the old key shows when it can be retired.
      if (opened.keyVersionId !== current.versionId) credentials.used(code, opened.keyVersionId);
      return unsealed(answer, opened.text);
    },
  };
}

/** A plain answer costs one search, however long it is. */
function envelopeIn(answer: Answer): ReturnType<typeof readEnvelope> {
  const text = answer.text();
  return text.includes('"sign"') ? readEnvelope(text) : undefined;
}

/** Nothing of the answer is shown: its sender is not verified. */
function invalidEnvelope(code: string, status: number, { cause }: EnvelopeRejected): GatewayError {
  return new GatewayError('PLATFORM_API_ERROR', `${code} answered with an invalid envelope.`, {
    mayHaveHadEffect: true,
    upstream: { status, body: null },
    internal: { cause },
  });
}

function unsealed({ status, headers, setCookies }: Answer, text: string): Answer {
  const { 'content-length': _, ...kept } = headers;
  return readAnswer({
    status,
    headers: { ...kept, 'content-type': 'application/json; charset=utf-8' },
    setCookies: [...setCookies],
    body: Buffer.from(text),
  });
}
