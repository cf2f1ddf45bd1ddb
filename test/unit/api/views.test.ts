/** What the table says of answers, held against what the handlers answer with: by type, nothing runs. */
import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { ApiKeyInfo } from '../../../lib/access/api-keys.ts';
import type { CredentialVersionInfo } from '../../../lib/access/credentials/credentials.ts';
import type { AlertView } from '../../../lib/api/alert-schemas.ts';
import type { AccountView, TransferView, TrialBalanceView } from '../../../lib/api/money-schemas.ts';
import type { CredentialVersion, KeyView, NewKey } from '../../../lib/api/schemas.ts';
import type * as v from '../../../lib/api/views.ts';
import type { CallRecord } from '../../../lib/calls/log/call-log.ts';
import type { accountView, entryView, transferView, trialBalanceView } from '../../../lib/ledger/views.ts';
import type { Delivery } from '../../../lib/partners/deliveries.ts';
import type { OpenChallenge } from '../../../lib/platforms/captcha/challenges.ts';
import type { LoginStep } from '../../../lib/platforms/login/login.ts';
import type { LoginAttempt } from '../../../lib/platforms/login/recorder.ts';
import type { SessionSummary, SessionView } from '../../../lib/platforms/session/operator.ts';
import type { Definition, RegisteredService } from '../../../lib/registry/definition.ts';
import type { Alert } from '../../../lib/watch/alerts/alerts.ts';

/** Every view is what its handler has in hand: each field of the one is a field of the other. */
type Same<Handed, Schema extends z.ZodType> =
  Handed extends z.output<Schema>
    ? [keyof Handed] extends [keyof z.output<Schema>]
      ? true
      : 'a field is given that the schema does not name'
    : 'the schema names what is not given';

test('each view is what its handler answers with', () => {
  type Service = Definition & Omit<RegisteredService, 'definition'>;
  expectTypeOf<Same<Service, typeof v.ServiceView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<SessionView, typeof v.SessionView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<SessionSummary, typeof v.SessionSummary>>().toEqualTypeOf<true>();
  expectTypeOf<Same<LoginStep, typeof v.LoginStep>>().toEqualTypeOf<true>();
  expectTypeOf<Same<LoginAttempt, typeof v.LoginRecord>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Omit<OpenChallenge, 'image'>, typeof v.CaptchaView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<CallRecord, typeof v.CallView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Alert, typeof AlertView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<Delivery, typeof v.DeliveryView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ReturnType<typeof transferView>, typeof TransferView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ReturnType<typeof accountView>, typeof AccountView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ReturnType<typeof trialBalanceView>, typeof TrialBalanceView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ReturnType<typeof entryView>, typeof v.EntryView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<CredentialVersionInfo, typeof CredentialVersion>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ApiKeyInfo, typeof KeyView>>().toEqualTypeOf<true>();
  expectTypeOf<Same<ApiKeyInfo & { key: string }, typeof NewKey>>().toEqualTypeOf<true>();
});
