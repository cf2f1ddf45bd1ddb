/** How often a platform may be logged in to: once for each time that it ended the sessions, and where something was lost. */
import type { SiteRecord } from '../platform/site.ts';
import type { Violations } from '../violations.ts';

export class Logins {
  readonly #violations: Violations;
  readonly #record: SiteRecord;
  /** The first session is due without an end. */
  #due = 1;
  #excused = 0;

  constructor(violations: Violations, record: SiteRecord) {
    this.#violations = violations;
    this.#record = record;
  }

  /** The platform has ended what sessions there were. */
  expired(): void {
    this.#due += 1;
  }

  /** Something happened after which so many more logins are no mistake. */
  excuse(logins: number): void {
    this.#excused += logins;
  }

  compare(): void {
    const { logins, troubledLogins } = this.#record;
    const allowed = this.#due + this.#excused + troubledLogins;
    if (logins.length > allowed)
      this.#violations.add(`there were ${logins.length} logins, and reason for ${allowed}`);
  }
}
