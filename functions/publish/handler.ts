import { backgroundFunction } from '../wiring/background-function.ts';
import { compose } from './compose.ts';
import { runPublish } from './publish.ts';

/** Reserved for writing down what came of it, milliseconds. */
const MARGIN_MS = 2_000;

export const handler = backgroundFunction('publish', MARGIN_MS, (event, context) =>
  runPublish(event, context, compose()),
);
