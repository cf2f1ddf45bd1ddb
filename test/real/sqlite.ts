import { DatabaseSync } from 'node:sqlite';

/** One statement on the database of a program that runs; its rows. */
export function sql(file: string, statement: string): object[] {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    return database
      .prepare(statement)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
