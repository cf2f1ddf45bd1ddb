/** A contestant of the proxy benchmark, seen from its own process. */

/** Where requests go, and what each must carry. */
export interface Entrance {
  url: string;
  headers: Record<string, string>;
}

/** Tells the parent where the entrance is, and whenever it asks, the CPU time of this process so far, in microseconds. */
export function tellCpuTime(entrance: Entrance): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send!(user + system);
  });
  process.on('disconnect', () => process.exit(0));
  process.send!(entrance);
}
