import { createPeople } from '../../lib/access/people/people.ts';
import { systemClock as clock } from '../../lib/runtime/clock.ts';
import { once } from '../../lib/runtime/once.ts';
import { systemRandom as random } from '../../lib/runtime/random.ts';
import { documents } from './dynamodb.ts';
import { resourceNames } from './environment.ts';

export const people = once(() =>
  createPeople({ documents: documents(), table: resourceNames().tables.registry, clock, random }),
);
