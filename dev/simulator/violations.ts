/** What does not hold. The first one ends a simulation: what comes after it would only repeat it. */
export class Violations {
  readonly found: string[] = [];

  /** @param what in words, naming whom it is about. */
  add(what: string): void {
    this.found.push(what);
  }

  get any(): boolean {
    return this.found.length > 0;
  }
}
