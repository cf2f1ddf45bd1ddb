import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';

/** A refusal as Secrets Manager names it (`ResourceNotFoundException`, ...). Its message carries no value. */
export class SecretsRefusal extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const Version = z.object({
  id: z.string(),
  /** Seconds since the epoch. */
  createdAt: z.number(),
  stages: z.array(z.string()),
  text: z.string(),
});

const Secret = z.object({
  name: z.string(),
  arn: z.string(),
  createdAt: z.number(),
  changedAt: z.number(),
  /** Seconds since the epoch: scheduled for deletion. */
  deletedAt: z.number().optional(),
  versions: z.array(Version),
});

const State = z.object({ secrets: z.array(Secret) });

export type SecretVersion = z.infer<typeof Version>;
export type Secret = z.infer<typeof Secret>;

/** Secrets by name, on disk in one file of mode 0600, or in memory. */
export class SecretsStore {
  readonly #file: string | undefined;
  readonly #secrets = new Map<string, Secret>();

  /** @throws Error naming the file when it cannot be read: secrets are not silently begun anew. */
  constructor(file: string | undefined) {
    this.#file = file;
    for (const secret of file === undefined ? [] : load(file)) this.#secrets.set(secret.name, secret);
  }

  list(): Secret[] {
    return [...this.#secrets.values()];
  }

  /** By name or ARN. @throws SecretsRefusal */
  find(id: string, { deleted = false } = {}): Secret {
    const secret = this.#secrets.get(id) ?? this.list().find(({ arn }) => arn === id);
    if (!secret) {
      throw new SecretsRefusal(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    }
    if (secret.deletedAt !== undefined && !deleted) {
      throw new SecretsRefusal(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  has(name: string): boolean {
    return this.#secrets.has(name);
  }

  add(secret: Secret): void {
    this.#secrets.set(secret.name, secret);
    this.save();
  }

  remove(secret: Secret): void {
    this.#secrets.delete(secret.name);
    this.save();
  }

  /** After a change to a secret: durable when it returns. */
  save(): void {
    if (this.#file === undefined) return;
    const temporary = `${this.#file}.${randomUUID()}`;
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(descriptor, JSON.stringify({ secrets: this.list() }, null, 1));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, this.#file);
  }
}

function load(file: string): Secret[] {
  mkdirSync(dirname(file), { recursive: true });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const parsed = State.safeParse(json(text));
  if (!parsed.success) throw new Error(`${file} cannot be read; restore it, or move it away.`);
  return parsed.data.secrets;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
