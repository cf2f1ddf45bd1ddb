import { configureGlobal } from 'fast-check';

/** The same examples for every mutant and in every run: a score is not a matter of luck. */
configureGlobal({ seed: 20_261_121 });
