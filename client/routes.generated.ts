// Generated from lib/api/routes.ts by `npm run build:openapi`; do not edit.

/** Where each route is. */
export const ROUTES = {
  listCallableServices: { method: 'GET', path: '/v1/services' },
  getCallableService: { method: 'GET', path: '/v1/services/{code}' },
  rawProxy: { method: 'ANY', path: '/v1/services/{code}/proxy/{path+}' },
  callOperation: { method: 'POST', path: '/v1/services/{code}/operations/{operation}' },
  callBatch: { method: 'POST', path: '/v1/services/{code}/batch' },
  enterUser: { method: 'POST', path: '/v1/urs/enter' },
  syncUsers: { method: 'POST', path: '/v1/urs/users/sync' },
  getUser: { method: 'GET', path: '/v1/urs/users/{uid}' },
  getTeam: { method: 'GET', path: '/v1/urs/users/{uid}/team' },
  getDownline: { method: 'GET', path: '/v1/urs/users/{uid}/downline' },
  getTransfer: { method: 'GET', path: '/v1/transfers/{transactionId}' },
  getAccount: { method: 'GET', path: '/v1/accounts/{accountId}' },
  listEntries: { method: 'GET', path: '/v1/accounts/{accountId}/entries' },
  receiveWebhook: { method: 'POST', path: '/webhook/{path}/{action}' },
  receiveWebhookEvent: { method: 'POST', path: '/webhook/{path}' },
  adjustBalance: { method: 'POST', path: '/v1/admin/transfers' },
  reverseTransfer: { method: 'POST', path: '/v1/admin/transfers/{transactionId}/reverse' },
  listDeadLetters: { method: 'GET', path: '/v1/admin/dead-letters' },
  redriveDeadLetters: { method: 'POST', path: '/v1/admin/dead-letters/redrive' },
  redriveDeadLetter: { method: 'POST', path: '/v1/admin/dead-letters/{transactionId}/redrive' },
  getTrialBalance: { method: 'GET', path: '/v1/admin/ledger/trial-balance' },
  verifyLedger: { method: 'GET', path: '/v1/admin/ledger/verify' },
  listSettledTransfers: { method: 'GET', path: '/v1/admin/ledger/transfers' },
  reconcileLedger: { method: 'POST', path: '/v1/admin/ledger/reconcile' },
  listDeliveries: { method: 'GET', path: '/v1/admin/deliveries' },
  listUnverifiedRequests: { method: 'GET', path: '/v1/admin/deliveries/unverified' },
  replayDeliveries: { method: 'POST', path: '/v1/admin/deliveries/replay' },
  replayDelivery: { method: 'POST', path: '/v1/admin/deliveries/{id}/replay' },
  listServices: { method: 'GET', path: '/v1/admin/services' },
  getService: { method: 'GET', path: '/v1/admin/services/{code}' },
  putService: { method: 'PUT', path: '/v1/admin/services/{code}' },
  testOperation: { method: 'POST', path: '/v1/admin/services/{code}/test' },
  deleteService: { method: 'DELETE', path: '/v1/admin/services/{code}' },
  listRevisions: { method: 'GET', path: '/v1/admin/services/{code}/revisions' },
  getRevision: { method: 'GET', path: '/v1/admin/services/{code}/revisions/{revision}' },
  diffRevision: { method: 'GET', path: '/v1/admin/services/{code}/revisions/{revision}/diff' },
  rollBackService: { method: 'POST', path: '/v1/admin/services/{code}/revisions/{revision}/rollback' },
  getCredentials: { method: 'GET', path: '/v1/admin/services/{code}/credentials' },
  putCredentials: { method: 'PUT', path: '/v1/admin/services/{code}/credentials' },
  retireCredentials: { method: 'DELETE', path: '/v1/admin/services/{code}/credentials/previous' },
  listAccounts: { method: 'GET', path: '/v1/admin/services/{code}/accounts' },
  getSession: { method: 'GET', path: '/v1/admin/services/{code}/session' },
  importSession: { method: 'PUT', path: '/v1/admin/services/{code}/session' },
  loginSession: { method: 'POST', path: '/v1/admin/services/{code}/session/login' },
  invalidateSession: { method: 'POST', path: '/v1/admin/services/{code}/session/invalidate' },
  unlockSession: { method: 'POST', path: '/v1/admin/services/{code}/session/unlock' },
  listLogins: { method: 'GET', path: '/v1/admin/services/{code}/logins' },
  getLoginImage: { method: 'GET', path: '/v1/admin/services/{code}/logins/{id}/image' },
  getQuotas: { method: 'GET', path: '/v1/admin/services/{code}/quotas' },
  putQuotas: { method: 'PUT', path: '/v1/admin/services/{code}/quotas' },
  resetQuotas: { method: 'POST', path: '/v1/admin/services/{code}/quotas/reset' },
  getBreaker: { method: 'GET', path: '/v1/admin/services/{code}/breaker' },
  forceBreaker: { method: 'PUT', path: '/v1/admin/services/{code}/breaker' },
  getServiceHealth: { method: 'GET', path: '/v1/admin/services/{code}/health' },
  checkServiceHealth: { method: 'POST', path: '/v1/admin/services/{code}/health' },
  listCaptchas: { method: 'GET', path: '/v1/admin/captchas' },
  getCaptchaImage: { method: 'GET', path: '/v1/admin/captchas/{id}/image' },
  answerCaptcha: { method: 'POST', path: '/v1/admin/captchas/{id}' },
  listCalls: { method: 'GET', path: '/v1/admin/calls' },
  listMetrics: { method: 'GET', path: '/v1/admin/metrics' },
  getQuotaHistory: { method: 'GET', path: '/v1/admin/services/{code}/quotas/history' },
  getQuotaWhatIf: { method: 'GET', path: '/v1/admin/services/{code}/quotas/what-if' },
  exportCalls: { method: 'GET', path: '/v1/admin/export/calls' },
  exportDeliveries: { method: 'GET', path: '/v1/admin/export/deliveries' },
  exportAudit: { method: 'GET', path: '/v1/admin/export/audit' },
  exportTransfers: { method: 'GET', path: '/v1/admin/export/transfers' },
  listAudit: { method: 'GET', path: '/v1/admin/audit' },
  verifyAudit: { method: 'GET', path: '/v1/admin/audit/verify' },
  listAlerts: { method: 'GET', path: '/v1/admin/alerts' },
  acknowledgeAlert: { method: 'POST', path: '/v1/admin/alerts/{id}/acknowledge' },
  listChannels: { method: 'GET', path: '/v1/admin/alerts/channels' },
  createChannel: { method: 'POST', path: '/v1/admin/alerts/channels' },
  deleteChannel: { method: 'DELETE', path: '/v1/admin/alerts/channels/{id}' },
  testChannel: { method: 'POST', path: '/v1/admin/alerts/channels/{id}/test' },
  listSubscriptions: { method: 'GET', path: '/v1/admin/subscriptions' },
  createSubscription: { method: 'POST', path: '/v1/admin/subscriptions' },
  getSubscription: { method: 'GET', path: '/v1/admin/subscriptions/{id}' },
  changeSubscription: { method: 'PATCH', path: '/v1/admin/subscriptions/{id}' },
  deleteSubscription: { method: 'DELETE', path: '/v1/admin/subscriptions/{id}' },
  listEventDeliveries: { method: 'GET', path: '/v1/admin/subscriptions/{id}/deliveries' },
  testSubscription: { method: 'POST', path: '/v1/admin/subscriptions/{id}/test' },
  rotateSubscription: { method: 'POST', path: '/v1/admin/subscriptions/{id}/rotate' },
  replaySubscription: { method: 'POST', path: '/v1/admin/subscriptions/{id}/replay' },
  listKeys: { method: 'GET', path: '/v1/admin/keys' },
  createKey: { method: 'POST', path: '/v1/admin/keys' },
  revokeKey: { method: 'DELETE', path: '/v1/admin/keys/{id}' },
  logIn: { method: 'POST', path: '/v1/session' },
  getOwnSession: { method: 'GET', path: '/v1/session' },
  logOut: { method: 'DELETE', path: '/v1/session' },
  listUsers: { method: 'GET', path: '/v1/admin/users' },
  createUser: { method: 'POST', path: '/v1/admin/users' },
  changeUser: { method: 'PATCH', path: '/v1/admin/users/{id}' },
  root: { method: 'GET', path: '/' },
  health: { method: 'GET', path: '/health' },
  openapi: { method: 'GET', path: '/v1/openapi.json' },
  docs: { method: 'GET', path: '/docs' },
  docsScript: { method: 'GET', path: '/docs/scalar.js' },
} as const;

/** Input and answer of each route; `answer` is `undefined` where there is no body. */
export interface Routes {
  /** The services and operations that this key may call */
  listCallableServices: {
    answer: CallableServiceList;
  };
  /** One of them; 404 if this key may not call it */
  getCallableService: {
    params: {
      code: string;
    };
    answer: CallableServiceView;
  };
  /** Call an operation of a service */
  callOperation: {
    params: {
      code: string;
      operation: string;
    };
    body: OperationRequest;
    answer: OperationAnswer;
  };
  /** Call up to 100 operations, each with its own result */
  callBatch: {
    params: {
      code: string;
    };
    body: BatchRequest;
    answer: BatchAnswer;
  };
  /** A user arrives with a ukey: bind the user and store the superiors */
  enterUser: {
    query: UsersQuery;
    body: EnterRequest;
    answer: EnterAnswer;
  };
  /** Refresh many users from URS; each has its own result */
  syncUsers: {
    query: UsersQuery;
    body: SyncRequest;
    answer: SyncAnswer;
  };
  /** A URS user */
  getUser: {
    params: {
      uid: string;
    };
    query: UsersQuery;
    answer: UserAnswer;
  };
  /** Three levels of superiors */
  getTeam: {
    params: {
      uid: string;
    };
    query: UsersQuery;
    answer: TeamAnswer;
  };
  /** The direct downline of a user, or the team of three generations */
  getDownline: {
    params: {
      uid: string;
    };
    query: DownlineQuery;
    answer: DownlineAnswer;
  };
  /** One transfer; 409 if several services have one with this id */
  getTransfer: {
    params: {
      transactionId: string;
    };
    query: TransferQuery;
    answer: TransferView;
  };
  /** An account and its balance: `user:10002`, `house:15`, in another book `emerald:user:10002` */
  getAccount: {
    params: {
      accountId: string;
    };
    answer: AccountView;
  };
  /** An account's statement with running balance, newest first */
  listEntries: {
    params: {
      accountId: string;
    };
    query: EntriesQuery;
    answer: EntryList;
  };
  /** Adjust a balance through the control account, with a reason */
  adjustBalance: {
    body: AdjustmentRequest;
    answer: AdjustmentAnswer;
  };
  /** Take a settled transfer back, once, with a reason */
  reverseTransfer: {
    params: {
      transactionId: string;
    };
    query: OfService;
    body: ReverseRequest;
    answer: TransferView;
  };
  /** Transfers that were accepted and then given up, by whose fault it is */
  listDeadLetters: {
    query: DeadLettersQuery;
    answer: DeadLetterList;
  };
  /** Try some of them again, or all; `dryRun` counts them first */
  redriveDeadLetters: {
    body: RedriveRequest;
    answer: Redriven;
  };
  /** Try one of them again */
  redriveDeadLetter: {
    params: {
      transactionId: string;
    };
    query: OfService;
    answer: Redriven;
  };
  /** Sum of all balances of a book; anything but zero is an error */
  getTrialBalance: {
    query: TrialBalanceQuery;
    answer: TrialBalanceView;
  };
  /** Was a book changed by hand? Balances, journal and transfers against each other */
  verifyLedger: {
    query: VerifyQuery;
    answer: VerificationView;
  };
  /** A partner's deposits and withdrawals that settled within a time, in no order */
  listSettledTransfers: {
    query: SettledQuery;
    answer: SettledList;
  };
  /** Compare a partner's list with what settled: only ours, only theirs, differing */
  reconcileLedger: {
    query: ReconcileQuery;
    answer: Reconciliation;
  };
  /** Webhook deliveries of the last 30 days, newest first */
  listDeliveries: {
    query: DeliveriesQuery;
    answer: DeliveryList;
  };
  /** Webhook requests that were not proved to be the partner's: counted by minute and cause, kept 7 days */
  listUnverifiedRequests: {
    query: UnverifiedQuery;
    answer: UnverifiedCountList;
  };
  /** Do deliveries again that failed through our fault, the oldest first; `dryRun` counts them first */
  replayDeliveries: {
    body: DeliveriesReplay;
    answer: DeliveriesReplayed;
  };
  /** Do one of them again */
  replayDelivery: {
    params: {
      id: string;
    };
    answer: DeliveriesReplayed;
  };
  /** All definitions */
  listServices: {
    answer: ServiceList;
  };
  /** One definition and its revision */
  getService: {
    params: {
      code: string;
    };
    answer: ServiceView;
  };
  /** Create or replace a definition; with `revision`, only if that is still the current one */
  putService: {
    params: {
      code: string;
    };
    query: CheckQuery;
    body: DefinitionDocument;
    answer: ServiceView;
  };
  /** Call an operation once, or show the requests that it would send (`explain`) */
  testOperation: {
    params: {
      code: string;
    };
    body: TestRequest;
    answer: TestAnswer;
  };
  /** Remove a definition */
  deleteService: {
    params: {
      code: string;
    };
    query: RevisionQuery;
    answer: undefined;
  };
  /** Every revision of a definition, newest first; of a deleted service too */
  listRevisions: {
    params: {
      code: string;
    };
    query: PageQuery;
    answer: RevisionList;
  };
  /** A definition as it was */
  getRevision: {
    params: {
      code: string;
      revision: string;
    };
    answer: RevisionView;
  };
  /** What a revision changed, or how it differs from another */
  diffRevision: {
    params: {
      code: string;
      revision: string;
    };
    query: DiffQuery;
    answer: RevisionDiff;
  };
  /** Store that definition again, as a new revision; brings a deleted service back */
  rollBackService: {
    params: {
      code: string;
      revision: string;
    };
    query: CheckQuery;
    answer: ServiceView;
  };
  /** Versions, fingerprints and use; never a value */
  getCredentials: {
    params: {
      code: string;
    };
    answer: CredentialsView;
  };
  /** Store a new version, tried by one call where the service is in use; the previous one stays valid until it is retired */
  putCredentials: {
    params: {
      code: string;
    };
    query: RotationQuery;
    body: CredentialsInput;
    answer: CredentialVersion;
  };
  /** End the overlap: retire the previous version */
  retireCredentials: {
    params: {
      code: string;
    };
    answer: undefined;
  };
  /** The accounts of a service: session, lockout and uses of each */
  listAccounts: {
    params: {
      code: string;
    };
    answer: ServiceAccountList;
  };
  /** State of the session; no cookie is shown */
  getSession: {
    params: {
      code: string;
    };
    query: AccountQuery;
    answer: SessionView;
  };
  /** Take over a session that a person has opened with a browser */
  importSession: {
    params: {
      code: string;
    };
    query: AccountQuery;
    body: SessionImport;
    answer: SessionView;
  };
  /** Log in now, or walk the recipe without storing anything (`dryRun`) */
  loginSession: {
    params: {
      code: string;
    };
    query: AccountQuery;
    body: LoginRequest;
    answer: LoginReport;
  };
  /** End the session, or those of all accounts: the next call logs in */
  invalidateSession: {
    params: {
      code: string;
    };
    query: AccountQuery;
    answer: undefined;
  };
  /** Lift a lockout, or those of all accounts */
  unlockSession: {
    params: {
      code: string;
    };
    query: AccountQuery;
    answer: undefined;
  };
  /** The login recorder: every attempt of the last 14 days, newest first */
  listLogins: {
    params: {
      code: string;
    };
    query: PageQuery;
    answer: LoginList;
  };
  /** Each quota: how much of the window of now is used, and when it ends */
  getQuotas: {
    params: {
      code: string;
    };
    query: AccountQuery;
    answer: QuotaUseList;
  };
  /** Other quotas: a new revision of the definition, in force within a second */
  putQuotas: {
    params: {
      code: string;
    };
    body: QuotasRequest;
    answer: QuotaUseList;
  };
  /** Begin the windows of now anew, of one account or of all */
  resetQuotas: {
    params: {
      code: string;
    };
    query: AccountQuery;
    answer: undefined;
  };
  /** Is the circuit breaker open? */
  getBreaker: {
    params: {
      code: string;
    };
    answer: BreakerView;
  };
  /** Hold it open or closed, or give it back to itself */
  forceBreaker: {
    params: {
      code: string;
    };
    body: BreakerRequest;
    answer: BreakerView;
  };
  /** Is each endpoint of a service up, as of its last check? */
  getServiceHealth: {
    params: {
      code: string;
    };
    answer: ServiceHealthView;
  };
  /** Check them now: a round like any other */
  checkServiceHealth: {
    params: {
      code: string;
    };
    answer: ServiceHealthView;
  };
  /** Captchas, and questions of logins, that wait for a person */
  listCaptchas: {
    answer: CaptchaList;
  };
  /** Answer a captcha with the text of its image, or a question of a login */
  answerCaptcha: {
    params: {
      id: string;
    };
    body: CaptchaReply;
    answer: undefined;
  };
  /** The call log, newest first */
  listCalls: {
    query: CallsQuery;
    answer: CallList;
  };
  /** Minutes of services: calls, errors, response times, logins, transfers; of the last hour by default */
  listMetrics: {
    query: MetricsQuery;
    answer: MetricsMinuteList;
  };
  /** Calls by hour or day, those that were refused too; of the last 24 hours or 30 days by default */
  getQuotaHistory: {
    params: {
      code: string;
    };
    query: QuotaHistoryQuery;
    answer: QuotaHistory;
  };
  /** What a limit would have done to the calls of the past; of the last 24 hours by default */
  getQuotaWhatIf: {
    params: {
      code: string;
    };
    query: WhatIfQuery;
    answer: WhatIfView;
  };
  /** Every change by a person or a key, newest first */
  listAudit: {
    query: AuditQuery;
    answer: AuditList;
  };
  /** Was the audit changed by hand? From its first entry on, in steps */
  verifyAudit: {
    query: AuditVerifyQuery;
    answer: AuditVerificationView;
  };
  /** Alerts: those that need care first, then the newest */
  listAlerts: {
    query: AlertsQuery;
    answer: AlertList;
  };
  /** Say that you see to it: no more reminders until it is resolved */
  acknowledgeAlert: {
    params: {
      id: string;
    };
    answer: AlertView;
  };
  /** Where people are told of alerts, and which of these fail; no key is shown */
  listChannels: {
    answer: ChannelList;
  };
  /** Have alerts sent to people: to a chat robot, an SNS topic, or as Standard Webhooks */
  createChannel: {
    body: ChannelRequest;
    answer: NewChannel;
  };
  /** Remove a channel, and what was not sent yet */
  deleteChannel: {
    params: {
      id: string;
    };
    answer: undefined;
  };
  /** Send a test message now, and see what comes of it */
  testChannel: {
    params: {
      id: string;
    };
    answer: ChannelTest;
  };
  /** Who in the business is told of what; no secret is shown */
  listSubscriptions: {
    answer: SubscriptionList;
  };
  /** Have events sent to an address, as Standard Webhooks; the secret is shown only once */
  createSubscription: {
    body: SubscriptionRequest;
    answer: NewSubscription;
  };
  /** One subscription */
  getSubscription: {
    params: {
      id: string;
    };
    answer: SubscriptionView;
  };
  /** Change a subscription; while it is disabled, its deliveries wait */
  changeSubscription: {
    params: {
      id: string;
    };
    body: SubscriptionChange;
    answer: SubscriptionView;
  };
  /** Remove a subscription, and what was not delivered yet */
  deleteSubscription: {
    params: {
      id: string;
    };
    answer: undefined;
  };
  /** What was sent to a subscription, or is to be sent, by the time of the event, newest first */
  listEventDeliveries: {
    params: {
      id: string;
    };
    query: EventDeliveriesQuery;
    answer: EventDeliveryList;
  };
  /** Send a test event now, and see what comes of it */
  testSubscription: {
    params: {
      id: string;
    };
    answer: SubscriptionTest;
  };
  /** A new secret; the one before signs, too, for 24 hours */
  rotateSubscription: {
    params: {
      id: string;
    };
    answer: RotatedSecret;
  };
  /** Send again: what failed, some deliveries, or everything since a time */
  replaySubscription: {
    params: {
      id: string;
    };
    body: ReplayRequest;
    answer: ReplayAnswer;
  };
  /** API keys, without their secret values */
  listKeys: {
    answer: KeyList;
  };
  /** Create an API key; its value is shown only once */
  createKey: {
    body: KeyRequest;
    answer: NewKey;
  };
  /** Revoke an API key */
  revokeKey: {
    params: {
      id: string;
    };
    answer: undefined;
  };
  /** Log in with a password; the answer sets the cookie gatehouse_session */
  logIn: {
    body: LogInRequest;
    answer: OwnSession;
  };
  /** Who is logged in; 404 for a key */
  getOwnSession: {
    answer: OwnSession;
  };
  /** Log out */
  logOut: {
    answer: undefined;
  };
  /** People who may log in, by name */
  listUsers: {
    answer: UserList;
  };
  /** Let somebody log in */
  createUser: {
    body: UserRequest;
    answer: UserView;
  };
  /** Another role or password, or (not) disabled; open sessions follow within 5 s */
  changeUser: {
    params: {
      id: string;
    };
    body: UserChange;
    answer: UserView;
  };
  /** What this is, and where to go on */
  root: {
    answer: Root;
  };
  /** Health of the gateway and its data stores */
  health: {
    answer: Health;
  };
}

export type CallableServiceList = {
  items: CallableServiceView[];
};

export type CallableServiceView = {
  code: string;
  name: string;
  description: string;
  /** `MAINTENANCE` and `INACTIVE` refuse calls */
  status: 'ACTIVE' | 'TESTING' | 'MAINTENANCE' | 'INACTIVE' | 'DEPRECATED';
  /** By name: those that this key may call */
  operations: { [name: string]: {
    description?: string | undefined;
    /** May be sent twice without harm */
    idempotent: boolean;
    /** JSON Schema of `params` */
    params: { [name: string]: unknown };
  } };
  /** Requests may be passed through, to some paths */
  rawProxy: boolean;
};

export type OperationRequest = {
  /** The operation's parameters, as its definition names them */
  params?: { [name: string]: unknown } | undefined;
};

export type OperationAnswer = {
  success: true;
  /** The answer's JSON, or what the operation's `result` picks of it */
  data: unknown;
  meta: Meta;
};

export type Meta = {
  requestId: string;
  /** Requests sent to the third party; 0 when the answer came from the cache */
  attempts: number;
  cached: boolean;
  /** The service is down and this is an older answer */
  stale: boolean;
  durationMs: number;
  /** Of a service with several, the one that was taken */
  account?: string | undefined;
};

export type BatchRequest = ({
  operation: string;
  params?: { [name: string]: unknown } | undefined;
})[];

export type BatchAnswer = {
  items: (OperationAnswer | {
    success: false;
    error: Problem;
  })[];
};

/** RFC 9457 */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: 'PLATFORM_UNAVAILABLE' | 'PLATFORM_BUSY' | 'PLATFORM_API_ERROR' | 'SESSION_EXPIRED' | 'LOGIN_IN_PROGRESS' | 'SESSION_NEEDS_PERSON' | 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'CONFIGURATION_ERROR' | 'QUOTA_EXCEEDED' | 'CIRCUIT_OPEN' | 'SERVICE_UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'RESPONSE_TOO_LARGE' | 'MALFORMED_REQUEST' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'PATH_NOT_ALLOWED' | 'NOT_FOUND' | 'REVISION_CONFLICT' | 'BINDING_CONFLICT' | 'ALREADY_EXISTS' | 'IDEMPOTENCY_IN_PROGRESS' | 'IDEMPOTENCY_MISMATCH' | 'PAYLOAD_TOO_LARGE' | 'UNSUPPORTED_MEDIA_TYPE' | 'VALIDATION_FAILED' | 'INSUFFICIENT_FUNDS' | 'AMBIGUOUS_TRANSFER' | 'ALREADY_REVERSED' | 'NOT_REVERSIBLE' | 'STORE_UNAVAILABLE' | 'INTERNAL';
  detail: string;
  requestId: string;
  retryable: boolean;
  errors?: {
    field: string;
    message: string;
  }[] | undefined;
  upstream?: {
    status: number;
    body: unknown;
  } | undefined;
  /** Of an adjustment: its identity, given or derived */
  transactionId?: string | undefined;
  /** Only of a service in TESTING: what we know of why */
  cause?: { [name: string]: unknown } | undefined;
};

export type UsersQuery = {
  /** The service the users belong to */
  service?: string | undefined;
};

export type EnterRequest = {
  /** The ukey the user arrived with */
  userKey: string;
  /** The caller's own user id; bound once, returned unchanged */
  localUserId?: string | number | undefined;
};

export type EnterAnswer = {
  /** URS user id */
  ursUid: number;
  localUserId: string | number | null;
  nickname: string | null;
  /** Three levels up, nearest first; shorter at the top */
  superiors: number[];
  /** This request created the user */
  created: boolean;
  /** URS could not be reached; these are the last known values */
  stale: boolean;
};

/** The users named in `uids`, or all of the service (`all: true`) page by page */
export type SyncRequest = {
  uids?: (string | number)[] | undefined;
  all?: true | undefined;
  /** Users of one page, with `all` */
  limit?: number | undefined;
  cursor?: string | undefined;
};

export type SyncAnswer = {
  items: ({
    /** URS user id */
    uid: number;
    success: boolean;
    /** Three levels up, nearest first; shorter at the top */
    superiors?: number[] | undefined;
    error?: {
      code: string;
      message: string;
    } | undefined;
  })[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type UserAnswer = {
  /** URS user id */
  uid: number;
  /** A placeholder is known only as a superior of others: it has not registered or entered */
  state: 'placeholder' | 'user';
  localUserId: string | number | null;
  nickname: string | null;
  /** Three levels up, nearest first; shorter at the top */
  superiors: number[];
  /** ISO 8601, UTC */
  createdAt: string;
  /** ISO 8601, UTC */
  updatedAt: string;
  refreshedAt: string | null;
  /** URS could not be reached; these are the last known values */
  stale: boolean;
};

export type TeamAnswer = {
  /** URS user id */
  uid: number;
  /** Three levels up, nearest first; shorter at the top */
  superiors: number[];
  team: ({
    level: number;
    /** URS user id */
    uid: number;
    nickname: string | null;
  })[];
  refreshedAt: string | null;
  /** URS could not be reached; these are the last known values */
  stale: boolean;
};

export type DownlineQuery = {
  /** The service the users belong to */
  service?: string | undefined;
  /** 1: direct downline; 3: the team of three generations */
  level?: '1' | '3' | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
};

export type DownlineAnswer = {
  /** URS user id */
  uid: number;
  level: 1 | 3;
  /** Of all, not of this page */
  count: number;
  /** Count of URS itself; null when URS cannot be reached */
  ursCount: number | null;
  items: ({
    /** URS user id */
    uid: number;
    generation: number;
    nickname: string | null;
  })[];
  cursor?: string | undefined;
  /** URS could not be reached; these are the last known values */
  stale: boolean;
};

export type TransferQuery = {
  /** Whose transfer, where several services know one by this id */
  service?: Service | undefined;
};

export type Service = string;

export type TransferView = {
  transactionId: string;
  /** Who ordered it: its identity is the two together */
  service: string;
  book: string;
  type: 'deposit' | 'withdraw' | 'adjustment' | 'reversal';
  status: 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';
  from: string;
  to: string;
  amount: Decimal;
  currency: string;
  asked?: Asked | undefined;
  /** People's words, or why it was rejected */
  reason?: string | undefined;
  /** A service, a key, a person */
  requestedBy: string;
  createdAt: Timestamp;
  settledAt?: Timestamp | undefined;
  /** How often it was tried */
  attempts: number;
  /** The states it was in, oldest first; `cause` is an error code */
  history: ({
    status: 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';
    at: Timestamp;
    cause?: string | undefined;
  })[];
  /** The transfer that this one takes back */
  reverses?: string | undefined;
  /** The transfer that took this one back */
  reversedBy?: string | undefined;
};

/** Exact decimal, without trailing zeros */
export type Decimal = string;

/** What was asked for, before conversion */
export type Asked = {
  amount: Decimal;
  currency: string;
};

/** ISO 8601, UTC */
export type Timestamp = string;

export type AccountView = {
  accountId: string;
  book: string;
  currency: string;
  balance: Decimal;
  /** Settled transfers it took part in */
  entries: number;
};

export type EntriesQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type EntryList = {
  items: EntryView[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type EntryView = {
  transactionId: string;
  /** Code of the service that ordered it */
  service: string;
  type: 'deposit' | 'withdraw' | 'adjustment' | 'reversal';
  /** The account on the other side */
  counterparty: string;
  /** Exact decimal; negative takes from this account */
  amount: Decimal;
  asked?: Asked | undefined;
  reason?: string | undefined;
  settledAt: Timestamp;
  /** Exact decimal: of this account after this line */
  balance: Decimal;
};

export type AdjustmentRequest = {
  /** In whose book; `URS_PROMOTION` when absent */
  service?: Service | undefined;
  /** A positive integer below 2^53, as a number or in digits */
  userId: string | number;
  /** Decimal string in the book's currency; positive gives to the user, negative takes */
  amount: string;
  reason: string;
  /** Its identity for ever: send it again and nothing moves twice. Derived from `Idempotency-Key` when absent; without either it is refused */
  transactionId?: string | undefined;
};

export type AdjustmentAnswer = {
  transactionId: string;
  /** Who ordered it: its identity is the two together */
  service: string;
  book: string;
  type: 'deposit' | 'withdraw' | 'adjustment' | 'reversal';
  status: 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';
  from: string;
  to: string;
  amount: Decimal;
  currency: string;
  asked?: Asked | undefined;
  /** People's words, or why it was rejected */
  reason?: string | undefined;
  /** A service, a key, a person */
  requestedBy: string;
  createdAt: Timestamp;
  settledAt?: Timestamp | undefined;
  /** How often it was tried */
  attempts: number;
  /** The states it was in, oldest first; `cause` is an error code */
  history: ({
    status: 'PENDING' | 'SETTLED' | 'REJECTED' | 'DEAD';
    at: Timestamp;
    cause?: string | undefined;
  })[];
  /** The transfer that this one takes back */
  reverses?: string | undefined;
  /** The transfer that took this one back */
  reversedBy?: string | undefined;
  /** It was settled before: the first answer again */
  replayed?: boolean | undefined;
};

export type OfService = {
  /** Whose transfer */
  service: Service;
};

export type ReverseRequest = {
  reason: string;
};

export type DeadLettersQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  service?: Service | undefined;
  /** Whose fault it is: `OURS` is worth a redrive once it is mended */
  cause?: 'OURS' | 'PARTNER' | undefined;
};

export type DeadLetterList = {
  items: DeadLetterView[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type DeadLetterView = {
  transactionId: string;
  service: string;
  /** Whose fault it is: `OURS` is worth a redrive once it is mended */
  cause: 'OURS' | 'PARTNER';
  /** The error that it ended in */
  code: string;
  detail: string;
  /** How often it was tried */
  attempts: number;
  /** When it was given up */
  at: Timestamp;
};

export type RedriveRequest = {
  transfers?: {
    service: Service;
    transactionId: string;
  }[] | undefined;
  service?: Service | undefined;
  /** Whose fault it is: `OURS` is worth a redrive once it is mended */
  cause?: 'OURS' | 'PARTNER' | undefined;
  /** Every one there is; needed where nothing else is said */
  all?: true | undefined;
  /** Count them, and change nothing */
  dryRun?: true | undefined;
};

export type Redriven = {
  /** Dead letters that were asked for */
  count: number;
  /** Of these, how many are `PENDING` again */
  redriven: number;
  /** Time ran out: ask again for the rest */
  more: boolean;
};

export type TrialBalanceQuery = {
  book?: string | undefined;
  /** Add up every transfer too */
  deep?: 'true' | 'false' | undefined;
};

export type TrialBalanceView = {
  book: string;
  /** Absent: nothing was ever posted in it */
  currency?: string | undefined;
  total: Decimal;
  accounts: number;
  users: number;
  /** What users hold; the houses hold its negative */
  userTotal: Decimal;
  houses: {
    accountId: string;
    balance: Decimal;
  }[];
  /** All balances are of one moment */
  consistent: boolean;
  violations: {
    accountId: string;
    problem: string;
  }[];
  /** Only with `deep` */
  transfers?: number | undefined;
  /** `null`: not known, as balances moved all the time */
  balanced: boolean | null;
  checkedAt: Timestamp;
};

export type VerifyQuery = {
  book?: string | undefined;
  /** Of the answer before: goes on with its pass */
  cursor?: string | undefined;
};

export type VerificationView = {
  book: string;
  /** `null`: not known yet, there is a cursor; or not to be known, as balances moved all the time */
  ok: boolean | null;
  /** Everything that settled before this is sealed */
  sealedUpTo: Timestamp | null;
  /** Entries of the journal compared with their transfers since the pass began */
  checked: number;
  /** What this answer has found; answers before it have named theirs */
  violations: ({
    service?: string | undefined;
    transactionId?: string | undefined;
    accountId?: string | undefined;
    what: string;
  })[];
  /** The last page of the journal, and its hash */
  head: {
    page: number;
    hash: string;
  } | null;
  checkedAt: Timestamp;
  /** The pass goes on */
  cursor?: string | undefined;
};

export type SettledQuery = {
  service: string;
  /** Settled at or after */
  from: string;
  /** Settled before */
  to: string;
  limit?: number | undefined;
  cursor?: string | undefined;
};

export type SettledList = {
  items: ({
    transactionId: string;
    type: 'deposit' | 'withdraw';
    userId: string;
    /** In the partner's currency */
    usdtAmount: Decimal;
    settledAt: Timestamp;
  })[];
  cursor?: string | undefined;
};

export type ReconcileQuery = {
  service: string;
  /** Settled at or after */
  from: string;
  /** Settled before */
  to: string;
  /** Compare the lines, and leave out what only we have: for a list in parts */
  only?: 'theirs' | undefined;
};

export type Reconciliation = {
  /** Lines that say what we say */
  matched: number;
  onlyOurs: ({
    transactionId: string;
    type: 'deposit' | 'withdraw';
    userId: string;
    /** In the partner's currency */
    usdtAmount: Decimal;
    settledAt: Timestamp;
    next: string;
  })[];
  onlyTheirs: ({
    transactionId: string;
    line: number;
    type: string;
    userId: string;
    usdtAmount: Decimal;
    status?: string | undefined;
    next: string;
  })[];
  differing: ({
    transactionId: string;
    line: number;
    field: 'type' | 'userId' | 'usdtAmount' | 'status' | 'lines';
    ours: string;
    theirs: string;
    /** What to do */
    next: string;
  })[];
};

export type DeliveriesQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  service?: string | undefined;
  action?: string | undefined;
  verdict?: 'accepted' | 'replayed' | 'refused' | 'rejected' | 'failed' | undefined;
  cause?: string | undefined;
  code?: string | undefined;
  source?: string | undefined;
  transactionId?: string | undefined;
  requestId?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type DeliveryList = {
  items: DeliveryView[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type DeliveryView = {
  id: string;
  at: Timestamp;
  service: string;
  action: string;
  /** Address of the sender */
  source: string;
  /** Status the sender received */
  status: number;
  verdict: 'accepted' | 'replayed' | 'refused' | 'rejected' | 'failed';
  code?: string | undefined;
  /** Why an envelope is invalid, or what failed */
  cause?: string | undefined;
  transactionId?: string | undefined;
  /** Which version of the key it was sealed with */
  keyVersionId?: string | undefined;
  /** Milliseconds */
  durationMs: number;
  requestId: string;
  /** Redacted */
  payload?: string | undefined;
  /** The failed delivery that a person had done again here */
  replayOf?: string | undefined;
};

export type UnverifiedQuery = {
  service?: string | undefined;
  /** Default: now */
  to?: string | undefined;
  /** How many, back from `to` */
  hours?: number | undefined;
};

export type UnverifiedCountList = {
  items: UnverifiedCountView[];
};

export type UnverifiedCountView = {
  service: string;
  /** Its beginning */
  minute: Timestamp;
  /** `SIGNATURE`, `EXPIRED`, `MALFORMED`, `RATE_LIMITED` ... */
  cause: string;
  count: number;
};

export type DeliveriesReplay = {
  /** Ids of their records */
  deliveries?: string[] | undefined;
  service?: Service | undefined;
  action?: string | undefined;
  /** The error that they ended in */
  code?: string | undefined;
  /** Came at or after */
  from?: string | undefined;
  /** Came before */
  to?: string | undefined;
  /** Every one that waits; needed where nothing else is said */
  all?: true | undefined;
  /** Count them, and do nothing */
  dryRun?: true | undefined;
};

export type DeliveriesReplayed = {
  /** Failed deliveries that were asked for */
  count: number;
  /** Of these, how many were carried out, or refused for good */
  replayed: number;
  /** How often each came; `replayed`: the partner itself had sent it again, and nothing moved twice */
  verdicts: { [name: string]: number };
  /** Time ran out: ask again for the rest */
  more: boolean;
};

export type ServiceList = {
  items: ServiceView[];
};

export type ServiceView = {
  /** For editors: the address of this schema. */
  $schema?: string | undefined;
  /** Names the service in paths, records and keys of stores; never changes. */
  code: string;
  /** For people. */
  name: string;
  /** Whose service it is, for people. */
  provider: string;
  /** For people. */
  description: string;
  /** What kind of service it is, for lists and filters. */
  serviceType: 'SMS' | 'PAYMENT' | 'STORAGE' | 'SOCIAL' | 'PLATFORM' | 'CAPTCHA' | 'OTHER';
  /** Of the third party's API, for people. */
  version: string;
  /** MAINTENANCE and INACTIVE refuse calls and webhooks; TESTING tells callers why something failed. */
  status: 'ACTIVE' | 'TESTING' | 'MAINTENANCE' | 'INACTIVE' | 'DEPRECATED';
  /** What paths are appended to; https: and public, but in stage local also http: on a loopback address. */
  baseUrl: string;
  /** How long one request may take. */
  timeoutSeconds: number;
  /** For people: which services matter first. */
  priority: number;
  /** Cap on an answer's decoded body, bytes. */
  maxResponseBytes: number;
  /** In which quotas per day and month begin anew. */
  timezone: string;
  /** Templates for headers of every request, and for their names. */
  defaultHeaders: { [name: string]: string };
  /** Params of every operation that a caller does not give. */
  defaultParams: { [name: string]: unknown };
  /** How calls are authenticated. */
  auth: {
    type: 'SESSION';
    /** Of pages that do not name one, and of forms. */
    charset?: string | undefined;
    /** Of the keys in Redis. Absent: `gateway:` and the code in small letters. */
    keyPrefix?: string | undefined;
    /** How long a session is used; with `login.refresh`, how long it can be refreshed. */
    sessionTimeoutSeconds: number;
    /** Calls that keep the session alive while nobody else calls. */
    keepalive?: {
      /** How often. */
      intervalSeconds: number;
      /** The operation that is called. */
      operation: string;
    } | undefined;
    /** How to log in. Absent: the service lives on sessions from people only. */
    login?: {
      /** The page to open first, for its cookies and hidden fields. */
      page?: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** What to take out of it: `{{page.x}}`. */
        extract: { [name: string]: Extractor };
      } | undefined;
      /** The picture to solve before the form is sent. */
      captcha?: {
        /** Where the picture is, appended to `baseUrl`; a template. */
        path?: string | undefined;
        /** Instead of `path`: its address as the page has it (`{{page.src}}`), of the same origin, or a `data:` URL. */
        url?: string | undefined;
        /** Query parameter that gets a changing number. */
        cacheBuster?: string | undefined;
        /** What the solver is to look for, by its own numbers. */
        codetype: number;
        /** Services that solve it, in this order; `MANUAL` is a person. */
        solvers: string[];
        /** Pictures per login. */
        maxAttempts: number;
      } | undefined;
      /** Questions to a person in the middle of the login, a code by SMS say; each waits up to 120 s. */
      ask: ({
        /** Its answer is `{{ask.name}}` in `submit` and `after`. */
        name: string;
        /** What the person reads. */
        prompt: string;
        /** The request that has the platform send what is asked for. */
        before?: {
          /** Appended to `baseUrl`; a template. */
          path: string;
          /** Templates for headers, and for their names. */
          headers?: { [name: string]: string } | undefined;
          /** Templates for the fields of the body, or of the query of a GET. */
          fields: { [name: string]: FieldValue };
          /** A `GET` has its fields in the query. */
          method: 'GET' | 'POST' | 'PUT';
          /** How the fields are written; a GET has them in its query. */
          body: 'form' | 'json' | 'multipart';
          /** What to store with the session: `{{session.x}}`. */
          extract: { [name: string]: Extractor };
          /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
          success?: Predicate | undefined;
          /** What its answer means where it is no success. */
          failures: ({
            /** What such an answer looks like. */
            when: Predicate;
            /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
            error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
          })[];
        } | undefined;
      })[];
      /** The form itself. */
      submit: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields: { [name: string]: FieldValue };
        /** A `GET` has its fields in the query. */
        method: 'GET' | 'POST' | 'PUT';
        /** How the fields are written; a GET has them in its query. */
        body: 'form' | 'json' | 'multipart';
      };
      /** What a login that got in looks like; at once, or after the redirects. */
      success: Predicate;
      /** What other answers mean; the first that holds counts. */
      failures: ({
        /** What such an answer looks like. */
        when: Predicate;
        /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
        error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
      })[];
      /** What to take out of the login's answer and store with the session: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
      /** Requests made once inside, in this order. */
      after: ({
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields: { [name: string]: FieldValue };
        /** A `GET` has its fields in the query. */
        method: 'GET' | 'POST' | 'PUT';
        /** How the fields are written; a GET has them in its query. */
        body: 'form' | 'json' | 'multipart';
        /** What to store with the session: `{{session.x}}`. */
        extract: { [name: string]: Extractor };
        /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
        success?: Predicate | undefined;
        /** What its answer means where it is no success. */
        failures: ({
          /** What such an answer looks like. */
          when: Predicate;
          /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
          error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
        })[];
      })[];
      /** Tried before a whole login, with the values of the session that ended. */
      refresh?: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields: { [name: string]: FieldValue };
        /** A `GET` has its fields in the query. */
        method: 'GET' | 'POST' | 'PUT';
        /** How the fields are written; a GET has them in its query. */
        body: 'form' | 'json' | 'multipart';
        /** What to store with the session: `{{session.x}}`. */
        extract: { [name: string]: Extractor };
        /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
        success?: Predicate | undefined;
        /** What its answer means where it is no success. */
        failures: ({
          /** What such an answer looks like. */
          when: Predicate;
          /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
          error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
        })[];
      } | undefined;
      /** When what the login gave ends (`{{session.expiresIn}}`), if before `sessionTimeoutSeconds`. */
      expiresInSeconds?: number | string | undefined;
    } | undefined;
    /** Names of `{{session.x}}` that only a session from a person has. */
    sessionValues: string[];
    /** What the answer to an ended session looks like. Absent: status 401. */
    expired?: Predicate | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
    /** Headers of every call; one whose cookie or value is absent is left out. */
    sessionHeaders: { [name: string]: string };
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
  } | {
    type: 'SIGNATURE';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'CHAOJIYING';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'API_KEY';
    /** Where the key goes. It replaces what a caller of the raw proxy sends there. */
    in: 'header' | 'query' | 'cookie';
    /** Name of the header, query parameter or cookie. */
    name: string;
    /** The key: a template over the credentials. */
    value: string;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'BEARER';
    /** The token of `Authorization: Bearer`: a template over the credentials. */
    token: string;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'BASIC';
    /** A template over the credentials. */
    username: string;
    /** A template over the credentials. */
    password: string;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'DIGEST';
    /** A template over the credentials. */
    username: string;
    /** A template over the credentials. */
    password: string;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'OAUTH2';
    /** How a token is asked for (RFC 6749 4.4, 4.3, 6). */
    grant: 'client_credentials' | 'password' | 'refresh_token';
    /** The token endpoint; the rules of `baseUrl` hold for it. It may be on another host. */
    tokenUrl: string;
    /** A template over the credentials. */
    clientId: string;
    /** A template over the credentials; `""` for a client without a secret. */
    clientSecret: string;
    /** Where the client is named: in `Authorization: Basic`, or as fields of the form. */
    clientAuth: 'basic' | 'post';
    /** The scope that is asked for. */
    scope?: string | undefined;
    /** The API that the token is for, where the token endpoint asks. */
    audience?: string | undefined;
    /** Of grant `password`. */
    username: string;
    /** Of grant `password`. */
    password: string;
    /** The first one of grant `refresh_token`. Those that the token endpoint gives out after it are kept. */
    refreshToken: string;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'AWS_SIGV4';
    /** As in the host of the service: `eu-west-1`. */
    region: string;
    /** The service's name in signatures: `execute-api`, `s3`, `es`. */
    service: string;
    /** A template over the credentials. */
    accessKeyId: string;
    /** A template over the credentials. */
    secretAccessKey: string;
    /** Of temporary credentials. */
    sessionToken?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'SIGNED_REQUEST';
    /** With `hmac-` keyed by `key`; without, a digest of the message, which then holds the secret. */
    algorithm: 'hmac-sha256' | 'hmac-sha1' | 'hmac-sha512' | 'hmac-md5' | 'hmac-sm3' | 'md5' | 'sha1' | 'sha256' | 'sha512' | 'sm3';
    /** How the signature is written; `HEX` in capitals. */
    encoding: 'hex' | 'HEX' | 'base64' | 'base64url';
    /** Of an `hmac-`: a template over credentials and settings. */
    key?: string | undefined;
    /** What is signed: a template over the request, the time and random values, credentials and settings. */
    message: string;
    /** Headers to add; they may name `{{signature}}`, and what the message may name. */
    headers: { [name: string]: string };
    /** Query parameters to add. Those that name `{{signature}}` are no part of what is signed. */
    query: { [name: string]: FieldValue };
    /** Fields to add to the body; where a request has none, to the query. Those that name `{{signature}}` are no part of what is signed. */
    fields: { [name: string]: FieldValue };
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'NONE';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused: Predicate;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout: {
      /** Refusals in a row. */
      failures: number;
      /** How long the pause is. */
      seconds: number;
    };
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  };
  /** What the raw proxy may reach, `*` for anything; none: operations only. */
  allowedPaths: string[];
  /** Headers that the raw proxy passes on although servers may take path, host or method from them, as `X-HTTP-Method-Override`. */
  allowedHeaders: string[];
  /** Calls by name. */
  operations: { [name: string]: {
    /** For people, and for the list of operations. */
    description?: string | undefined;
    /** GET and HEAD are safe to repeat. */
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** Appended to `baseUrl`; a template. */
    path: string;
    /** Templates for the query string. Absent on a method without body: every param the path does not use. */
    query?: { [name: string]: FieldValue } | undefined;
    /** Templates for headers, and for their names. */
    headers?: { [name: string]: string } | undefined;
    /** How the body is written. Absent: no body. */
    body?: 'json' | 'form' | 'multipart' | undefined;
    /** Templates for the body's fields. Absent: every param that neither path nor query uses. */
    fields?: { [name: string]: FieldValue } | undefined;
    /** Requests made just before, in the same session and with the same params: a page with its token. */
    before: ({
      /** It may be sent any number of times. */
      method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      /** Appended to `baseUrl`; a template. */
      path: string;
      /** Templates for the query string. */
      query?: { [name: string]: FieldValue } | undefined;
      /** Templates for headers, and for their names. */
      headers?: { [name: string]: string } | undefined;
      /** How the body is written. Absent: fields are in the query of a GET, a form otherwise. */
      body?: 'json' | 'form' | 'multipart' | undefined;
      /** Templates for the body's fields. */
      fields?: { [name: string]: FieldValue } | undefined;
      /** What to take out of the answer: `{{before.x}}`. */
      extract: { [name: string]: Extractor };
    })[];
    /** JSON Schema of `params`. */
    params?: { [name: string]: unknown } | undefined;
    /** What a success looks like. Absent: any 2xx. */
    success?: Predicate | undefined;
    /** Answers that are failures, whatever their status; the first that holds counts, before `success`. */
    failures: ({
      /** What such an answer looks like. */
      when: Predicate;
      /** The code that callers get. */
      error: 'PLATFORM_API_ERROR' | 'PLATFORM_BUSY' | 'PLATFORM_UNAVAILABLE';
      /** Whether callers are told to try again. */
      retryable?: boolean | undefined;
    })[];
    /** JSON pointer into the answer; `""` is the whole. */
    result: string;
    /** What `data` is, instead of `result`: one value, or an object of named ones. */
    extract?: Extractor | { [name: string]: Extractor } | undefined;
    /** May be sent twice without harm, whatever its method says. */
    idempotent?: boolean | undefined;
    /** How long an answer serves later calls with the same params. */
    cacheSeconds?: number | undefined;
    /** How long after `cacheSeconds` an answer may still serve when the service is down. */
    staleSeconds?: number | undefined;
    /** Instead of the service's own. */
    timeoutSeconds?: number | undefined;
    /** Of answers and forms that do not say. */
    charset?: string | undefined;
  } };
  /** When a request that may be repeated is sent again. */
  retry: {
    /** After a timeout, a reset, a refused connection. */
    networkTimeout: {
      /** Retries after the first try. */
      attempts: number;
      /** Before each retry, the last for all further ones; jittered. */
      delaysSeconds: number[];
    };
    /** After a 5xx. */
    serverError: {
      /** Retries after the first try. */
      attempts: number;
      /** Before each retry, the last for all further ones; jittered. */
      delaysSeconds: number[];
    };
  };
  /** How many calls go out; more are refused. */
  quotas: ({
    /** Its window. */
    type: 'PER_SECOND' | 'PER_MINUTE' | 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH';
    /** Calls per window. */
    limit: number;
  })[];
  /** Spares a service that is down. Absent: none. */
  breaker?: {
    /** Failed calls in a row that open it. */
    failures: number;
    /** How long calls are refused, before one tries. */
    openSeconds: number;
  } | undefined;
  /** Requests that show whether the service is up. */
  healthCheck?: {
    /** false: it is described, and not checked. */
    enabled: boolean;
    /** How often the endpoints are asked. */
    intervalSeconds: number;
    /** How long one request may take. */
    timeoutSeconds: number;
    /** Further requests before a round counts as failed. */
    retryTimes: number;
    /** Failed rounds in a row that raise an alert. */
    alertThreshold: number;
    /** Paths by name, sent as they are; each is up (2xx, 3xx) or down by itself. */
    endpoints: { [name: string]: string };
  } | undefined;
  /** Thresholds that raise alerts. */
  monitor?: {
    /** The slowest that 95 of 100 calls may be. */
    responseTimeMs: number;
    /** The share of calls that may fail. */
    errorRate: number;
    /** The share of calls that must find the service up. */
    availability: number;
    /** How often this is looked at. */
    intervalSeconds: number;
  } | undefined;
  /** How the service calls back. */
  webhook?: {
    /** `POST /webhook/{path}/{action}` reaches this service, or `POST /webhook/{path}` where `action` is given. Absent: no webhook. */
    path?: string | undefined;
    /** How a request is verified, read and answered. */
    protocol: {
      type: 'URS';
    } | {
      type: 'STANDARD_WEBHOOKS';
    } | {
      type: 'SIGNED';
      /** With `hmac-` keyed by the credential `webhookSecret`; without, a digest of the message, which then holds the secret. */
      algorithm: 'hmac-sha256' | 'hmac-sha1' | 'hmac-sha512' | 'hmac-md5' | 'hmac-sm3' | 'md5' | 'sha1' | 'sha256' | 'sha512' | 'sm3';
      /** How it is written; hex in either case. */
      encoding: 'hex' | 'HEX' | 'base64' | 'base64url';
      /** The header that holds it, or several of them, separated by commas, semicolons or spaces: one has to hold. */
      header?: string | undefined;
      /** What stands before a signature in the header: `sha256=`, `v1=`. What has another one is left aside. */
      prefix?: string | undefined;
      /** Instead of `header`: the field of the form that holds it, or the member of the JSON. */
      field?: string | undefined;
      /** What is signed: a template over the request, its headers, settings and credentials. */
      message: string;
      /** Names that `sortedParams` leaves out beside `field`; the payload has them neither. */
      unsigned: string[];
      /** When it was sent: seconds or milliseconds since the epoch. Absent: a request has no age. */
      timestamp?: {
        /** The header that says it. */
        header: string;
        /** What stands before it, where the header is a list: `t=`. */
        prefix?: string | undefined;
      } | {
        /** Where the body says it; `/name` is a field of a form. */
        pointer: string;
      } | undefined;
      /** In place of `webhook.windowSeconds`. */
      windowSeconds?: number | undefined;
    };
    /** How far the time of a request may be from ours, both ways. */
    windowSeconds: number;
    /** Of one source address. */
    rateLimit: {
      /** Requests per window. */
      limit: number;
      /** How long a window is. */
      windowSeconds: number;
    };
    /** Whether money has moved when the partner gets its answer. */
    settlement: 'SYNC' | 'QUEUED';
    /** What says which action it is; requests then come to `POST /webhook/{path}`. Absent: the last segment of the path. */
    action?: {
      /** JSON pointer into the answer. */
      pointer: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | {
      /** A header of the answer. */
      header: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | undefined;
    /** The partner's id of a request, by which it is forwarded once. Absent: `webhook-id`, or what is signed. */
    id?: {
      /** JSON pointer into the answer. */
      pointer: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | {
      /** A header of the answer. */
      header: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | undefined;
    /** What each action does, by its name; `*` is for any other. */
    actions?: { [name: string]: {
      do: 'deposit';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale: number;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
      /** The partner's id of it, by which it moves once. */
      transactionId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
    } | {
      do: 'withdraw';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale: number;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
      /** The partner's id of it, by which it moves once. */
      transactionId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
    } | {
      do: 'check';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale: number;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
    } | {
      do: 'register';
      /** Who is registered. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A list of ids, nearest first, or up to three places of one each. Absent: none. */
      superiors?: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      } | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      }[] | undefined;
    } | {
      do: 'forward';
    } | {
      do: 'ignore';
    } } | undefined;
    /** What the partner insists to be answered. Absent: `{"success": true, "data"}` and `{"success": false, "code", "error"}`. */
    reply?: {
      /** What was done, repeated or ignored; templates name `{{data.x}}`. */
      success?: {
        /** Default: as without a shape. */
        status?: number | undefined;
        /** Default: `application/json` for an object, else `text/plain`. Values are escaped for it. */
        contentType?: 'text/plain' | 'application/json' | 'application/xml' | 'text/xml' | undefined;
        /** A template, or JSON with templates in its texts. */
        body: string | { [name: string]: FieldValue };
      } | undefined;
      /** What was refused or failed; templates name `{{error.code}}` and `{{error.message}}`. */
      refusal?: {
        /** Default: as without a shape. */
        status?: number | undefined;
        /** Default: `application/json` for an object, else `text/plain`. Values are escaped for it. */
        contentType?: 'text/plain' | 'application/json' | 'application/xml' | 'text/xml' | undefined;
        /** A template, or JSON with templates in its texts. */
        body: string | { [name: string]: FieldValue };
      } | undefined;
    } | undefined;
  } | undefined;
  /** What templates name as {{settings.x}}, and what webhooks need; nothing secret. */
  settings: { [name: string]: unknown };
  /** Counts every change, from 1 */
  revision: number;
  createdAt: Timestamp;
  updatedAt: Timestamp;
};

/** A value out of an answer: exactly one of these ways. */
export type Extractor = {
  /** CSS selector; the first element that it matches counts. */
  selector: string;
  /** The attribute to take. Absent: the element's text. */
  attribute?: string | undefined;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | {
  /** JSON pointer into the answer. */
  pointer: string;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | {
  /** A header of the answer. */
  header: string;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | {
  /** A cookie by its name, or by a pattern over names: its value. */
  cookie: string | {
    /** RE2 pattern over names of cookies. */
    matches: string;
  };
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | {
  /** RE2 pattern over the text: its first group, or all that it matches. */
  matches: string;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | EachExtractor;

export type EachExtractor = {
  /** CSS selector: each element that it matches becomes an object, as the rows of a table. */
  each: string;
  /** What each object holds; selectors look inside its element. */
  fields: { [name: string]: ElementExtractor };
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
};

/** A value out of one element of a page. */
export type ElementExtractor = {
  /** CSS selector; the first element that it matches counts. */
  selector: string;
  /** The attribute to take. Absent: the element's text. */
  attribute?: string | undefined;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | {
  /** RE2 pattern over the text: its first group, or all that it matches. */
  matches: string;
  /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
  optional?: boolean | undefined;
} | EachExtractor;

/** Text with templates in it, or any JSON that holds such texts. */
export type FieldValue = string | number | boolean | null | FieldValue[] | { [name: string]: FieldValue };

/** A statement about an answer; all keys given must hold. */
export type Predicate = {
  /** One of these statuses. */
  status?: number | number[] | undefined;
  /** The `Location` header of a redirect. */
  location?: {
    /** Text that must occur in it. */
    includes?: string | undefined;
    /** RE2 syntax: no backreferences, no lookaround. */
    matches?: string | undefined;
  } | undefined;
  /** The body as text. */
  text?: {
    /** Text that must occur in it. */
    includes?: string | undefined;
    /** RE2 syntax: no backreferences, no lookaround. */
    matches?: string | undefined;
  } | undefined;
  /** The value at a JSON pointer into the body. */
  json?: {
    /** RFC 6901; "" is the whole. */
    pointer: string;
    /** Any JSON; the order of keys does not count. */
    equals: unknown;
  } | undefined;
  /** A cookie of this name is set. */
  cookie?: string | undefined;
  /** Must not hold. */
  not?: Predicate | undefined;
  /** At least one must hold. */
  any?: Predicate[] | undefined;
  /** Each must hold. */
  all?: Predicate[] | undefined;
};

export type CheckQuery = {
  /** Answer what would be stored, and store nothing */
  check?: 'true' | 'false' | undefined;
};

export type DefinitionDocument = {
  /** For editors: the address of this schema. */
  $schema?: string | undefined;
  /** Names the service in paths, records and keys of stores; never changes. */
  code: string;
  /** For people. */
  name: string;
  /** Whose service it is, for people. */
  provider?: string | undefined;
  /** For people. */
  description?: string | undefined;
  /** What kind of service it is, for lists and filters. */
  serviceType?: 'SMS' | 'PAYMENT' | 'STORAGE' | 'SOCIAL' | 'PLATFORM' | 'CAPTCHA' | 'OTHER' | undefined;
  /** Of the third party's API, for people. */
  version?: string | undefined;
  /** MAINTENANCE and INACTIVE refuse calls and webhooks; TESTING tells callers why something failed. */
  status?: 'ACTIVE' | 'TESTING' | 'MAINTENANCE' | 'INACTIVE' | 'DEPRECATED' | undefined;
  /** What paths are appended to; https: and public, but in stage local also http: on a loopback address. */
  baseUrl: string;
  /** How long one request may take. */
  timeoutSeconds?: number | undefined;
  /** For people: which services matter first. */
  priority?: number | undefined;
  /** Cap on an answer's decoded body, bytes. */
  maxResponseBytes?: number | undefined;
  /** In which quotas per day and month begin anew. */
  timezone?: string | undefined;
  /** Templates for headers of every request, and for their names. */
  defaultHeaders?: { [name: string]: string } | undefined;
  /** Params of every operation that a caller does not give. */
  defaultParams?: { [name: string]: unknown } | undefined;
  /** How calls are authenticated. */
  auth: {
    type: 'SESSION';
    /** Of pages that do not name one, and of forms. */
    charset?: string | undefined;
    /** Of the keys in Redis. Absent: `gateway:` and the code in small letters. */
    keyPrefix?: string | undefined;
    /** How long a session is used; with `login.refresh`, how long it can be refreshed. */
    sessionTimeoutSeconds?: number | undefined;
    /** Calls that keep the session alive while nobody else calls. */
    keepalive?: {
      /** How often. */
      intervalSeconds?: number | undefined;
      /** The operation that is called. */
      operation: string;
    } | undefined;
    /** How to log in. Absent: the service lives on sessions from people only. */
    login?: {
      /** The page to open first, for its cookies and hidden fields. */
      page?: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** What to take out of it: `{{page.x}}`. */
        extract?: { [name: string]: Extractor } | undefined;
      } | undefined;
      /** The picture to solve before the form is sent. */
      captcha?: {
        /** Where the picture is, appended to `baseUrl`; a template. */
        path?: string | undefined;
        /** Instead of `path`: its address as the page has it (`{{page.src}}`), of the same origin, or a `data:` URL. */
        url?: string | undefined;
        /** Query parameter that gets a changing number. */
        cacheBuster?: string | undefined;
        /** What the solver is to look for, by its own numbers. */
        codetype?: number | undefined;
        /** Services that solve it, in this order; `MANUAL` is a person. */
        solvers?: string[] | undefined;
        /** Pictures per login. */
        maxAttempts?: number | undefined;
      } | undefined;
      /** Questions to a person in the middle of the login, a code by SMS say; each waits up to 120 s. */
      ask?: ({
        /** Its answer is `{{ask.name}}` in `submit` and `after`. */
        name: string;
        /** What the person reads. */
        prompt: string;
        /** The request that has the platform send what is asked for. */
        before?: {
          /** Appended to `baseUrl`; a template. */
          path: string;
          /** Templates for headers, and for their names. */
          headers?: { [name: string]: string } | undefined;
          /** Templates for the fields of the body, or of the query of a GET. */
          fields?: { [name: string]: FieldValue } | undefined;
          /** A `GET` has its fields in the query. */
          method?: 'GET' | 'POST' | 'PUT' | undefined;
          /** How the fields are written; a GET has them in its query. */
          body?: 'form' | 'json' | 'multipart' | undefined;
          /** What to store with the session: `{{session.x}}`. */
          extract?: { [name: string]: Extractor } | undefined;
          /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
          success?: Predicate | undefined;
          /** What its answer means where it is no success. */
          failures?: ({
            /** What such an answer looks like. */
            when: Predicate;
            /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
            error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
          })[] | undefined;
        } | undefined;
      })[] | undefined;
      /** The form itself. */
      submit: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields?: { [name: string]: FieldValue } | undefined;
        /** A `GET` has its fields in the query. */
        method?: 'GET' | 'POST' | 'PUT' | undefined;
        /** How the fields are written; a GET has them in its query. */
        body?: 'form' | 'json' | 'multipart' | undefined;
      };
      /** What a login that got in looks like; at once, or after the redirects. */
      success: Predicate;
      /** What other answers mean; the first that holds counts. */
      failures?: ({
        /** What such an answer looks like. */
        when: Predicate;
        /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
        error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
      })[] | undefined;
      /** What to take out of the login's answer and store with the session: `{{session.x}}`. */
      extract?: { [name: string]: Extractor } | undefined;
      /** Requests made once inside, in this order. */
      after?: ({
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields?: { [name: string]: FieldValue } | undefined;
        /** A `GET` has its fields in the query. */
        method?: 'GET' | 'POST' | 'PUT' | undefined;
        /** How the fields are written; a GET has them in its query. */
        body?: 'form' | 'json' | 'multipart' | undefined;
        /** What to store with the session: `{{session.x}}`. */
        extract?: { [name: string]: Extractor } | undefined;
        /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
        success?: Predicate | undefined;
        /** What its answer means where it is no success. */
        failures?: ({
          /** What such an answer looks like. */
          when: Predicate;
          /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
          error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
        })[] | undefined;
      })[] | undefined;
      /** Tried before a whole login, with the values of the session that ended. */
      refresh?: {
        /** Appended to `baseUrl`; a template. */
        path: string;
        /** Templates for headers, and for their names. */
        headers?: { [name: string]: string } | undefined;
        /** Templates for the fields of the body, or of the query of a GET. */
        fields?: { [name: string]: FieldValue } | undefined;
        /** A `GET` has its fields in the query. */
        method?: 'GET' | 'POST' | 'PUT' | undefined;
        /** How the fields are written; a GET has them in its query. */
        body?: 'form' | 'json' | 'multipart' | undefined;
        /** What to store with the session: `{{session.x}}`. */
        extract?: { [name: string]: Extractor } | undefined;
        /** What its answer must look like, at once, or after the redirects. Absent: any status below 400. */
        success?: Predicate | undefined;
        /** What its answer means where it is no success. */
        failures?: ({
          /** What such an answer looks like. */
          when: Predicate;
          /** A wrong captcha is tried again, a wrong password counts toward the lockout, an outage does not. */
          error: 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'PLATFORM_UNAVAILABLE';
        })[] | undefined;
      } | undefined;
      /** When what the login gave ends (`{{session.expiresIn}}`), if before `sessionTimeoutSeconds`. */
      expiresInSeconds?: number | string | undefined;
    } | undefined;
    /** Names of `{{session.x}}` that only a session from a person has. */
    sessionValues?: string[] | undefined;
    /** What the answer to an ended session looks like. Absent: status 401. */
    expired?: Predicate | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
    /** Headers of every call; one whose cookie or value is absent is left out. */
    sessionHeaders?: { [name: string]: string } | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
  } | {
    type: 'SIGNATURE';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'CHAOJIYING';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'API_KEY';
    /** Where the key goes. It replaces what a caller of the raw proxy sends there. */
    in?: 'header' | 'query' | 'cookie' | undefined;
    /** Name of the header, query parameter or cookie. */
    name?: string | undefined;
    /** The key: a template over the credentials. */
    value?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'BEARER';
    /** The token of `Authorization: Bearer`: a template over the credentials. */
    token?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'BASIC';
    /** A template over the credentials. */
    username?: string | undefined;
    /** A template over the credentials. */
    password?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'DIGEST';
    /** A template over the credentials. */
    username?: string | undefined;
    /** A template over the credentials. */
    password?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'OAUTH2';
    /** How a token is asked for (RFC 6749 4.4, 4.3, 6). */
    grant?: 'client_credentials' | 'password' | 'refresh_token' | undefined;
    /** The token endpoint; the rules of `baseUrl` hold for it. It may be on another host. */
    tokenUrl: string;
    /** A template over the credentials. */
    clientId?: string | undefined;
    /** A template over the credentials; `""` for a client without a secret. */
    clientSecret?: string | undefined;
    /** Where the client is named: in `Authorization: Basic`, or as fields of the form. */
    clientAuth?: 'basic' | 'post' | undefined;
    /** The scope that is asked for. */
    scope?: string | undefined;
    /** The API that the token is for, where the token endpoint asks. */
    audience?: string | undefined;
    /** Of grant `password`. */
    username?: string | undefined;
    /** Of grant `password`. */
    password?: string | undefined;
    /** The first one of grant `refresh_token`. Those that the token endpoint gives out after it are kept. */
    refreshToken?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'AWS_SIGV4';
    /** As in the host of the service: `eu-west-1`. */
    region: string;
    /** The service's name in signatures: `execute-api`, `s3`, `es`. */
    service: string;
    /** A template over the credentials. */
    accessKeyId?: string | undefined;
    /** A template over the credentials. */
    secretAccessKey?: string | undefined;
    /** Of temporary credentials. */
    sessionToken?: string | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'SIGNED_REQUEST';
    /** With `hmac-` keyed by `key`; without, a digest of the message, which then holds the secret. */
    algorithm: 'hmac-sha256' | 'hmac-sha1' | 'hmac-sha512' | 'hmac-md5' | 'hmac-sm3' | 'md5' | 'sha1' | 'sha256' | 'sha512' | 'sm3';
    /** How the signature is written; `HEX` in capitals. */
    encoding?: 'hex' | 'HEX' | 'base64' | 'base64url' | undefined;
    /** Of an `hmac-`: a template over credentials and settings. */
    key?: string | undefined;
    /** What is signed: a template over the request, the time and random values, credentials and settings. */
    message: string;
    /** Headers to add; they may name `{{signature}}`, and what the message may name. */
    headers?: { [name: string]: string } | undefined;
    /** Query parameters to add. Those that name `{{signature}}` are no part of what is signed. */
    query?: { [name: string]: FieldValue } | undefined;
    /** Fields to add to the body; where a request has none, to the query. Those that name `{{signature}}` are no part of what is signed. */
    fields?: { [name: string]: FieldValue } | undefined;
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  } | {
    type: 'NONE';
    /** An answer that says the credentials are refused. `lockout.failures` of them in a row, and they are not sent again. */
    refused?: Predicate | undefined;
    /** How many refusals in a row end the sending of credentials, and for how long. */
    lockout?: {
      /** Refusals in a row. */
      failures?: number | undefined;
      /** How long the pause is. */
      seconds?: number | undefined;
    } | undefined;
    /** Values that change in use: renewed from the answer, and the call is sent once more. */
    sessionRefreshOn?: {
      /** An answer that refuses the request and brings what the next one needs. */
      when: Predicate;
      /** What to take out of that very answer: `{{session.x}}`. */
      extract: { [name: string]: Extractor };
    } | undefined;
  };
  /** What the raw proxy may reach, `*` for anything; none: operations only. */
  allowedPaths?: string[] | undefined;
  /** Headers that the raw proxy passes on although servers may take path, host or method from them, as `X-HTTP-Method-Override`. */
  allowedHeaders?: string[] | undefined;
  /** Calls by name. */
  operations?: { [name: string]: {
    /** For people, and for the list of operations. */
    description?: string | undefined;
    /** GET and HEAD are safe to repeat. */
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** Appended to `baseUrl`; a template. */
    path: string;
    /** Templates for the query string. Absent on a method without body: every param the path does not use. */
    query?: { [name: string]: FieldValue } | undefined;
    /** Templates for headers, and for their names. */
    headers?: { [name: string]: string } | undefined;
    /** How the body is written. Absent: no body. */
    body?: 'json' | 'form' | 'multipart' | undefined;
    /** Templates for the body's fields. Absent: every param that neither path nor query uses. */
    fields?: { [name: string]: FieldValue } | undefined;
    /** Requests made just before, in the same session and with the same params: a page with its token. */
    before?: ({
      /** It may be sent any number of times. */
      method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
      /** Appended to `baseUrl`; a template. */
      path: string;
      /** Templates for the query string. */
      query?: { [name: string]: FieldValue } | undefined;
      /** Templates for headers, and for their names. */
      headers?: { [name: string]: string } | undefined;
      /** How the body is written. Absent: fields are in the query of a GET, a form otherwise. */
      body?: 'json' | 'form' | 'multipart' | undefined;
      /** Templates for the body's fields. */
      fields?: { [name: string]: FieldValue } | undefined;
      /** What to take out of the answer: `{{before.x}}`. */
      extract?: { [name: string]: Extractor } | undefined;
    })[] | undefined;
    /** JSON Schema of `params`. */
    params?: { [name: string]: unknown } | undefined;
    /** What a success looks like. Absent: any 2xx. */
    success?: Predicate | undefined;
    /** Answers that are failures, whatever their status; the first that holds counts, before `success`. */
    failures?: ({
      /** What such an answer looks like. */
      when: Predicate;
      /** The code that callers get. */
      error: 'PLATFORM_API_ERROR' | 'PLATFORM_BUSY' | 'PLATFORM_UNAVAILABLE';
      /** Whether callers are told to try again. */
      retryable?: boolean | undefined;
    })[] | undefined;
    /** JSON pointer into the answer; `""` is the whole. */
    result?: string | undefined;
    /** What `data` is, instead of `result`: one value, or an object of named ones. */
    extract?: Extractor | { [name: string]: Extractor } | undefined;
    /** May be sent twice without harm, whatever its method says. */
    idempotent?: boolean | undefined;
    /** How long an answer serves later calls with the same params. */
    cacheSeconds?: number | undefined;
    /** How long after `cacheSeconds` an answer may still serve when the service is down. */
    staleSeconds?: number | undefined;
    /** Instead of the service's own. */
    timeoutSeconds?: number | undefined;
    /** Of answers and forms that do not say. */
    charset?: string | undefined;
  } } | undefined;
  /** When a request that may be repeated is sent again. */
  retry?: {
    /** After a timeout, a reset, a refused connection. */
    networkTimeout?: {
      /** Retries after the first try. */
      attempts?: number | undefined;
      /** Before each retry, the last for all further ones; jittered. */
      delaysSeconds?: number[] | undefined;
    } | undefined;
    /** After a 5xx. */
    serverError?: {
      /** Retries after the first try. */
      attempts?: number | undefined;
      /** Before each retry, the last for all further ones; jittered. */
      delaysSeconds?: number[] | undefined;
    } | undefined;
  } | undefined;
  /** How many calls go out; more are refused. */
  quotas?: ({
    /** Its window. */
    type: 'PER_SECOND' | 'PER_MINUTE' | 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH';
    /** Calls per window. */
    limit: number;
  })[] | undefined;
  /** Spares a service that is down. Absent: none. */
  breaker?: {
    /** Failed calls in a row that open it. */
    failures?: number | undefined;
    /** How long calls are refused, before one tries. */
    openSeconds?: number | undefined;
  } | undefined;
  /** Requests that show whether the service is up. */
  healthCheck?: {
    /** false: it is described, and not checked. */
    enabled?: boolean | undefined;
    /** How often the endpoints are asked. */
    intervalSeconds?: number | undefined;
    /** How long one request may take. */
    timeoutSeconds?: number | undefined;
    /** Further requests before a round counts as failed. */
    retryTimes?: number | undefined;
    /** Failed rounds in a row that raise an alert. */
    alertThreshold?: number | undefined;
    /** Paths by name, sent as they are; each is up (2xx, 3xx) or down by itself. */
    endpoints: { [name: string]: string };
  } | undefined;
  /** Thresholds that raise alerts. */
  monitor?: {
    /** The slowest that 95 of 100 calls may be. */
    responseTimeMs?: number | undefined;
    /** The share of calls that may fail. */
    errorRate?: number | undefined;
    /** The share of calls that must find the service up. */
    availability?: number | undefined;
    /** How often this is looked at. */
    intervalSeconds?: number | undefined;
  } | undefined;
  /** How the service calls back. */
  webhook?: {
    /** `POST /webhook/{path}/{action}` reaches this service, or `POST /webhook/{path}` where `action` is given. Absent: no webhook. */
    path?: string | undefined;
    /** How a request is verified, read and answered. */
    protocol?: {
      type: 'URS';
    } | {
      type: 'STANDARD_WEBHOOKS';
    } | {
      type: 'SIGNED';
      /** With `hmac-` keyed by the credential `webhookSecret`; without, a digest of the message, which then holds the secret. */
      algorithm: 'hmac-sha256' | 'hmac-sha1' | 'hmac-sha512' | 'hmac-md5' | 'hmac-sm3' | 'md5' | 'sha1' | 'sha256' | 'sha512' | 'sm3';
      /** How it is written; hex in either case. */
      encoding?: 'hex' | 'HEX' | 'base64' | 'base64url' | undefined;
      /** The header that holds it, or several of them, separated by commas, semicolons or spaces: one has to hold. */
      header?: string | undefined;
      /** What stands before a signature in the header: `sha256=`, `v1=`. What has another one is left aside. */
      prefix?: string | undefined;
      /** Instead of `header`: the field of the form that holds it, or the member of the JSON. */
      field?: string | undefined;
      /** What is signed: a template over the request, its headers, settings and credentials. */
      message: string;
      /** Names that `sortedParams` leaves out beside `field`; the payload has them neither. */
      unsigned?: string[] | undefined;
      /** When it was sent: seconds or milliseconds since the epoch. Absent: a request has no age. */
      timestamp?: {
        /** The header that says it. */
        header: string;
        /** What stands before it, where the header is a list: `t=`. */
        prefix?: string | undefined;
      } | {
        /** Where the body says it; `/name` is a field of a form. */
        pointer: string;
      } | undefined;
      /** In place of `webhook.windowSeconds`. */
      windowSeconds?: number | undefined;
    } | undefined;
    /** How far the time of a request may be from ours, both ways. */
    windowSeconds?: number | undefined;
    /** Of one source address. */
    rateLimit?: {
      /** Requests per window. */
      limit?: number | undefined;
      /** How long a window is. */
      windowSeconds?: number | undefined;
    } | undefined;
    /** Whether money has moved when the partner gets its answer. */
    settlement?: 'SYNC' | 'QUEUED' | undefined;
    /** What says which action it is; requests then come to `POST /webhook/{path}`. Absent: the last segment of the path. */
    action?: {
      /** JSON pointer into the answer. */
      pointer: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | {
      /** A header of the answer. */
      header: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | undefined;
    /** The partner's id of a request, by which it is forwarded once. Absent: `webhook-id`, or what is signed. */
    id?: {
      /** JSON pointer into the answer. */
      pointer: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | {
      /** A header of the answer. */
      header: string;
      /** May be absent: a template then names it with "?", as in {{page.csrf?}}. */
      optional?: boolean | undefined;
    } | undefined;
    /** What each action does, by its name; `*` is for any other. */
    actions?: { [name: string]: {
      do: 'deposit';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale?: number | undefined;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
      /** The partner's id of it, by which it moves once. */
      transactionId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
    } | {
      do: 'withdraw';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale?: number | undefined;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
      /** The partner's id of it, by which it moves once. */
      transactionId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
    } | {
      do: 'check';
      /** Whose account. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A number or a decimal string, read digit by digit. */
      amount: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** How many of the digits are decimals, where the partner counts cents: 2 makes 1050 to 10.50. */
      scale?: number | undefined;
      /** What the partner's amounts are in, by name, or where the payload says it. Default: the book's. */
      currency?: string | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
        /** Any other is refused; either case. Default: the book's. */
        equals?: string | undefined;
      } | undefined;
    } | {
      do: 'register';
      /** Who is registered. */
      userId: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      };
      /** A list of ids, nearest first, or up to three places of one each. Absent: none. */
      superiors?: {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      } | {
        /** JSON pointer into the payload; `/name` is a field of a form. */
        pointer: string;
      }[] | undefined;
    } | {
      do: 'forward';
    } | {
      do: 'ignore';
    } } | undefined;
    /** What the partner insists to be answered. Absent: `{"success": true, "data"}` and `{"success": false, "code", "error"}`. */
    reply?: {
      /** What was done, repeated or ignored; templates name `{{data.x}}`. */
      success?: {
        /** Default: as without a shape. */
        status?: number | undefined;
        /** Default: `application/json` for an object, else `text/plain`. Values are escaped for it. */
        contentType?: 'text/plain' | 'application/json' | 'application/xml' | 'text/xml' | undefined;
        /** A template, or JSON with templates in its texts. */
        body: string | { [name: string]: FieldValue };
      } | undefined;
      /** What was refused or failed; templates name `{{error.code}}` and `{{error.message}}`. */
      refusal?: {
        /** Default: as without a shape. */
        status?: number | undefined;
        /** Default: `application/json` for an object, else `text/plain`. Values are escaped for it. */
        contentType?: 'text/plain' | 'application/json' | 'application/xml' | 'text/xml' | undefined;
        /** A template, or JSON with templates in its texts. */
        body: string | { [name: string]: FieldValue };
      } | undefined;
    } | undefined;
  } | undefined;
  /** What templates name as {{settings.x}}, and what webhooks need; nothing secret. */
  settings?: { [name: string]: unknown } | undefined;
  /** The revision you read: a PUT with an older one is refused */
  revision?: number | undefined;
  createdAt?: string | undefined;
  updatedAt?: string | undefined;
};

export type TestRequest = {
  /** The operation's parameters, as its definition names them */
  params?: { [name: string]: unknown } | undefined;
  operation: string;
  /** Show the requests that it would send, and send none */
  explain?: boolean | undefined;
};

export type TestAnswer = OperationAnswer | Explained;

export type Explained = {
  /** In the order they would be sent; secrets by their names, as `{{credentials.token}}` */
  requests: ({
    /** The field of the definition that describes it */
    of: string;
    method: string;
    url: string;
    headers: { [name: string]: string };
    body?: string | undefined;
  })[];
  /** What is not seen in them, one sentence each */
  notes: string[];
};

export type RevisionQuery = {
  revision?: number | undefined;
};

export type PageQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
};

export type RevisionList = {
  items: ({
    revision: number;
    at: Timestamp;
    /** A key id, or `user:{name}`; `null`: stored before it was kept */
    by: string | null;
    /** With this revision the service was deleted */
    deleted?: true | undefined;
  })[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type RevisionView = {
  revision: number;
  /** As it was, with defaults filled in where it is still valid; `null`: it was deleted */
  definition: { [name: string]: unknown } | null;
};

export type DiffQuery = {
  /** What `before` is of; default: the revision before this one */
  against?: number | undefined;
};

export type RevisionDiff = {
  items: {
    /** `operations.getUserInfo.path` */
    path: string;
    /** Absent: added */
    before?: unknown;
    /** Absent: removed */
    after?: unknown;
  }[];
};

export type CredentialsView = {
  items: CredentialVersion[];
};

export type CredentialVersion = {
  versionId: string;
  stage: 'CURRENT' | 'PREVIOUS';
  createdAt: Timestamp;
  fingerprint: string;
  lastUsedAt?: Timestamp | undefined;
  useCount: number;
};

export type RotationQuery = {
  /** The version you saw as current: refused when it no longer is */
  version?: string | undefined;
  /** `none`: store them without the call that tries them */
  canary?: 'auto' | 'none' | undefined;
};

/** One flat object, e.g. {"userNo","username","password"}, or `accounts` with several; never read back */
export type CredentialsInput = {
  /** Of several accounts, by name, in place of everything else: {"north": {...}, "south": {...}} */
  accounts?: { [name: string]: { [name: string]: string | number } } | undefined;
  [name: string]: unknown;
};

export type ServiceAccountList = {
  items: ServiceAccountView[];
};

export type ServiceAccountView = {
  /** `null`: the service has one */
  account: string | null;
  /** `null`: the service has none */
  session: {
    /** `refused`: stored, but the platform has ended it; the next call logs in. `needs-person`: none is live, and no login is described */
    state: 'none' | 'live' | 'refused' | 'logging-in' | 'locked-out' | 'needs-person';
    expiresAt: Timestamp | null;
  } | null;
  lockout: {
    lockedUntil: Timestamp | null;
  };
  /** Calls that took it; of a service with one account, uses of its credentials */
  uses: number;
};

export type AccountQuery = {
  /** Of a service with several accounts, which */
  account?: string | undefined;
};

export type SessionView = {
  /** `refused`: stored, but the platform has ended it; the next call logs in. `needs-person`: none is live, and no login is described */
  state: 'none' | 'live' | 'refused' | 'logging-in' | 'locked-out' | 'needs-person';
  generation: string | null;
  main: SessionSummary | null;
  backup: SessionSummary | null;
  lockout: {
    refusals: number;
    lockedUntil: Timestamp | null;
  };
  lastFailure: {
    code: string;
    count: number;
    at: Timestamp;
  } | null;
  keepalive: {
    nextAt: Timestamp;
    failures: number;
  } | null;
  lastUpdate: Timestamp | null;
  stats: {
    logins: number;
    errors: number;
    /** Milliseconds */
    usualLoginMs: number;
  };
};

export type SessionSummary = {
  generation: string;
  createdAt: Timestamp;
  lastAccessed: Timestamp;
  expiresAt: Timestamp;
  loginInfo: { [name: string]: unknown };
  /** Names, never values */
  cookies: string[];
  /** Names, never values */
  headers: string[];
  /** Names of `{{session.x}}`, never values */
  values: string[];
};

export type SessionImport = {
  /** A list, or the `Cookie` header that the browser sends: `a=b; c=d`. */
  cookies?: ImportedCookie[] | string | undefined;
  /** Sent with every call; where `sessionHeaders` give one of the same name, theirs is. */
  headers?: { [name: string]: string } | undefined;
  /** `{{session.x}}`: names that the login extracts, or that `sessionValues` declare. */
  values?: { [name: string]: unknown } | undefined;
  /** When it ends. Absent: after `sessionTimeoutSeconds`. */
  expiresAt?: string | undefined;
};

export type ImportedCookie = {
  name: string;
  value: string;
  /** For all hosts of this domain. Absent: for `baseUrl`'s host alone. */
  domain?: string | undefined;
  path?: string | undefined;
  expires?: string | undefined;
  secure?: boolean | undefined;
};

export type LoginRequest = {
  /** Walk the recipe, tell what each step saw, store nothing */
  dryRun?: boolean | undefined;
};

/** The current session; for a dry run its steps; for a failed login the cause */
export type LoginReport = {
  /** `refused`: stored, but the platform has ended it; the next call logs in. `needs-person`: none is live, and no login is described */
  state: 'none' | 'live' | 'refused' | 'logging-in' | 'locked-out' | 'needs-person';
  generation: string | null;
  main: SessionSummary | null;
  backup: SessionSummary | null;
  lockout: {
    refusals: number;
    lockedUntil: Timestamp | null;
  };
  lastFailure: {
    code: string;
    count: number;
    at: Timestamp;
  } | null;
  keepalive: {
    nextAt: Timestamp;
    failures: number;
  } | null;
  lastUpdate: Timestamp | null;
  stats: {
    logins: number;
    errors: number;
    /** Milliseconds */
    usualLoginMs: number;
  };
  success: true;
} | {
  success: true;
  steps: LoginStep[];
  loginInfo: { [name: string]: unknown };
} | {
  success: false;
  steps: LoginStep[];
  error: Problem;
};

export type LoginStep = {
  step: 'page' | 'captcha' | 'solve' | 'ask' | 'submit' | 'redirect' | 'verdict' | 'after' | 'refresh';
  /** Milliseconds */
  durationMs: number;
  /** Redacted: names of fields and cookies, no values */
  saw: { [name: string]: unknown };
  error?: string | undefined;
};

export type LoginList = {
  items: LoginRecord[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type LoginRecord = {
  id: string;
  /** Attempts of one login share it */
  loginId: string;
  attempt: number;
  service: string;
  /** Absent: the service has one */
  account?: string | undefined;
  at: Timestamp;
  trigger: string;
  /** `SUCCESS`, or an error code */
  verdict: string;
  error?: string | undefined;
  /** Milliseconds */
  durationMs: number;
  /** Milliseconds per step */
  durations: { [name: string]: number };
  captcha?: {
    url?: string | undefined;
    codetype: number;
    solver?: string | undefined;
    text?: string | undefined;
    pictureId?: string | undefined;
    /** Absent: the platform did not check it */
    right?: boolean | undefined;
    contentType?: string | undefined;
    hasImage: boolean;
  } | undefined;
  reply?: {
    status: number;
    location?: string | undefined;
    text: string;
  } | undefined;
  credentialVersionId: string;
};

export type QuotaUseList = {
  items: QuotaUseView[];
};

export type QuotaUseView = {
  /** Its window. */
  type: 'PER_SECOND' | 'PER_MINUTE' | 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH';
  /** Calls per window. */
  limit: number;
  /** Of a service with several: each is counted for itself */
  account?: string | undefined;
  /** Calls counted in the window of now */
  used: number;
  remaining: number;
  /** End of that window, ISO 8601, UTC */
  resetsAt: Timestamp;
};

export type QuotasRequest = {
  /** All there are to be; none: calls are not limited */
  quotas: ({
    /** Its window. */
    type: 'PER_SECOND' | 'PER_MINUTE' | 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH';
    /** Calls per window. */
    limit: number;
  })[];
};

export type BreakerView = {
  /** `open`: calls are refused */
  state: 'closed' | 'open' | 'half-open';
  /** In a row */
  failures: number;
  /** Until when calls are refused; `null`: they are not, or until told otherwise */
  until: Timestamp | null;
  /** `auto`: by what calls report */
  forced: 'open' | 'closed' | 'auto';
};

export type BreakerRequest = {
  /** `open` refuses all, `closed` lets all pass, `auto` begins anew, closed */
  forced: 'open' | 'closed' | 'auto';
};

export type ServiceHealthView = {
  /** By name; none: nothing is checked */
  endpoints: { [name: string]: {
    /** By the last round; `unknown`: there was none */
    state: 'up' | 'down' | 'unknown';
    /** Failed rounds in a row */
    failures: number;
    /** When the last round was over */
    at: Timestamp | null;
    /** What was wrong with a failed one */
    error?: string | undefined;
  } };
};

export type CaptchaList = {
  items: CaptchaView[];
};

export type CaptchaView = {
  id: string;
  service: string;
  /** Of a question, where the service has several */
  account?: string | undefined;
  /** A picture to read, or a question of a login */
  kind: 'CAPTCHA' | 'QUESTION';
  /** The question */
  prompt?: string | undefined;
  codetype?: number | undefined;
  contentType?: string | undefined;
  createdAt: Timestamp;
  expiresAt: Timestamp;
};

export type CaptchaReply = {
  text: string;
};

export type CallsQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  service?: string | undefined;
  operation?: string | undefined;
  path?: string | undefined;
  status?: number | undefined;
  code?: 'PLATFORM_UNAVAILABLE' | 'PLATFORM_BUSY' | 'PLATFORM_API_ERROR' | 'SESSION_EXPIRED' | 'LOGIN_IN_PROGRESS' | 'SESSION_NEEDS_PERSON' | 'CAPTCHA_FAILED' | 'AUTHENTICATION_FAILED' | 'CONFIGURATION_ERROR' | 'QUOTA_EXCEEDED' | 'CIRCUIT_OPEN' | 'SERVICE_UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'RESPONSE_TOO_LARGE' | 'MALFORMED_REQUEST' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'PATH_NOT_ALLOWED' | 'NOT_FOUND' | 'REVISION_CONFLICT' | 'BINDING_CONFLICT' | 'ALREADY_EXISTS' | 'IDEMPOTENCY_IN_PROGRESS' | 'IDEMPOTENCY_MISMATCH' | 'PAYLOAD_TOO_LARGE' | 'UNSUPPORTED_MEDIA_TYPE' | 'VALIDATION_FAILED' | 'INSUFFICIENT_FUNDS' | 'AMBIGUOUS_TRANSFER' | 'ALREADY_REVERSED' | 'NOT_REVERSIBLE' | 'STORE_UNAVAILABLE' | 'INTERNAL' | undefined;
  requestId?: string | undefined;
  caller?: string | undefined;
  attempts?: number | undefined;
  minDurationMs?: number | undefined;
  maxDurationMs?: number | undefined;
  /** Text in the kept request or answer */
  q?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type CallList = {
  items: CallView[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type CallView = {
  id: string;
  at: Timestamp;
  service: string;
  /** Of several, the one that was taken */
  account?: string | undefined;
  /** Absent: the raw proxy */
  operation?: string | undefined;
  method: string;
  path: string;
  /** Status the caller received */
  status: number;
  code?: string | undefined;
  upstreamStatus?: number | undefined;
  /** What a failure came from: `refused 203.0.113.7:443` */
  cause?: string | undefined;
  /** Milliseconds */
  durationMs: number;
  attempts: number;
  requestId: string;
  /** Key id, user, or `keepalive` */
  caller: string;
  cached: boolean;
  stale: boolean;
  session?: 'reused' | 'renewed' | 'login' | undefined;
  /** Redacted, at most 4 KB */
  request?: string | undefined;
  /** Redacted, at most 4 KB */
  response?: string | undefined;
};

export type MetricsQuery = {
  /** Absent: all */
  service?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type MetricsMinuteList = {
  /** By service and time; minutes in which nothing happened are left out */
  items: MetricsMinute[];
};

export type MetricsMinute = {
  service: string;
  /** When it began, ISO 8601, UTC */
  minute: Timestamp;
  /** Calls that began in it */
  calls: number;
  /** Failed calls by code */
  errors: { [name: string]: number };
  /** Milliseconds, of all calls; `null`: there was none */
  p50: number | null;
  /** Milliseconds, of all calls; `null`: there was none */
  p95: number | null;
  /** Milliseconds, of all calls; `null`: there was none */
  p99: number | null;
  /** 1 − `PLATFORM_UNAVAILABLE` / all; `null`: no call */
  availability: number | null;
  logins: number;
  /** Answers of solvers, and of people */
  captchas: number;
  /** Those that the platform took */
  captchaHits: number;
  /** What solvers' answers cost by the price list, before points that are given back */
  captchaPoints: number;
  /** Transfers that settled */
  transfers: number;
  /** Events of the service, whether anybody is told of them or not */
  events: number;
};

export type QuotaHistoryQuery = {
  by?: 'hour' | 'day' | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type QuotaHistory = {
  /** Whole hours or days, oldest first */
  items: {
    /** When the hour or day began, in the service's time zone; ISO 8601, UTC */
    from: Timestamp;
    /** Counted or refused by the quotas */
    calls: number;
    refused: number;
  }[];
};

export type WhatIfQuery = {
  type: 'PER_SECOND' | 'PER_MINUTE' | 'PER_HOUR' | 'PER_DAY' | 'PER_MONTH';
  /** Calls per window */
  limit: number;
  from?: string | undefined;
  to?: string | undefined;
};

export type WhatIfView = {
  calls: number;
  allowed: number;
  refused: number;
};

export type AuditQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  /** Key id, `user:alice`, `admin-key` */
  who?: string | undefined;
  /** A route's `operationId`: `putCredentials` */
  action?: string | undefined;
  /** It, and what lies under it: `services/CODE` finds `services/CODE/quotas` */
  target?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type AuditList = {
  items: AuditEntryView[];
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type AuditEntryView = {
  id: string;
  /** Counts all entries, from 1 */
  seq: number;
  at: Timestamp;
  /** Key id, `user:alice`, `admin-key` */
  who: string;
  /** The route's `operationId` */
  action: string;
  /** `services/CODE/quotas`, `keys/k_1` */
  target: string;
  /** `null`: there was nothing */
  before: unknown;
  /** What was about to be; `null`: nothing */
  after: unknown;
  /** Address that the request came from */
  from: string;
  requestId: string;
  /** `seq` of an action that did not happen, or of which nobody can tell */
  of?: number | undefined;
  /** Its error code */
  failed?: string | undefined;
};

export type AuditVerifyQuery = {
  /** Go on where the step before ended */
  cursor?: string | undefined;
};

export type AuditVerificationView = {
  /** Nothing was found, by the steps before either */
  ok: boolean;
  /** Entries looked at */
  checked: number;
  violations: ({
    seq: number;
    /** Unknown of an entry that is missing */
    id?: string | undefined;
    what: string;
  })[];
  /** Of the last entry that was looked at: keep it elsewhere */
  hash: string;
  /** There are more: send it with the next request */
  cursor?: string | undefined;
};

export type AlertsQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  state?: 'firing' | 'acknowledged' | 'resolved' | undefined;
};

export type AlertList = {
  items: AlertView[];
  /** Present when there are more */
  cursor?: string | undefined;
};

export type AlertView = {
  /** The same for the same kind and subject */
  id: string;
  kind: string;
  /** A service code, or another subject */
  subject: string;
  severity: 'info' | 'warning' | 'critical';
  summary: string;
  details?: { [name: string]: string | number | boolean } | undefined;
  state: 'firing' | 'acknowledged' | 'resolved';
  firstAt: Timestamp;
  lastAt: Timestamp;
  count: number;
  /** A key's or a user's id */
  acknowledgedBy?: string | undefined;
  resolvedAt?: Timestamp | undefined;
  /** Has a channel taken a message about it, since it fired? */
  told: boolean;
};

export type ChannelList = {
  items: ChannelView[];
};

export type ChannelView = {
  id: string;
  name: string;
  type: 'WEBHOOK' | 'DINGTALK' | 'WECOM' | 'FEISHU' | 'SLACK' | 'SNS';
  /** Its key is masked */
  url: string;
  services?: string[] | undefined;
  severities?: ('info' | 'warning' | 'critical')[] | undefined;
  /** After so long it is told again of an alert that is still raised */
  coolDownSeconds: number;
  /** Tries that failed since the last one that did not */
  failures: number;
  /** Of the latest of them */
  lastError?: string | undefined;
  lastErrorAt?: Timestamp | undefined;
  createdAt: Timestamp;
  createdBy: string;
};

export type ChannelRequest = {
  name: string;
  type: 'WEBHOOK' | 'DINGTALK' | 'WECOM' | 'FEISHU' | 'SLACK' | 'SNS';
  /** https, and public; in stage `local` http on loopback, too. Of `SNS` the topic's ARN */
  url: string;
  /** Of `DINGTALK`, `FEISHU`: of a robot that checks signatures; of `WEBHOOK`: `whsec_...`, else one is made */
  secret?: string | undefined;
  /** Codes; absent: alerts of all services, and those of none */
  services?: string[] | undefined;
  /** Absent: all */
  severities?: ('info' | 'warning' | 'critical')[] | undefined;
  /** After so long it is told again of an alert that is still raised */
  coolDownSeconds?: number | undefined;
};

export type NewChannel = {
  id: string;
  name: string;
  type: 'WEBHOOK' | 'DINGTALK' | 'WECOM' | 'FEISHU' | 'SLACK' | 'SNS';
  /** Its key is masked */
  url: string;
  services?: string[] | undefined;
  severities?: ('info' | 'warning' | 'critical')[] | undefined;
  /** After so long it is told again of an alert that is still raised */
  coolDownSeconds: number;
  /** Tries that failed since the last one that did not */
  failures: number;
  /** Of the latest of them */
  lastError?: string | undefined;
  lastErrorAt?: Timestamp | undefined;
  createdAt: Timestamp;
  createdBy: string;
  /** Of a `WEBHOOK` without a given one: shown this once */
  secret?: string | undefined;
};

export type ChannelTest = {
  at: Timestamp;
  /** Milliseconds */
  durationMs: number;
  /** Of the answer */
  status?: number | undefined;
  /** Without an answer: `TIMEOUT`, `REFUSED`, `RESET`, `DNS`, `TLS`, `PROTOCOL`, `ADDRESS_REFUSED`; what a robot says that answers 200 and means no */
  error?: string | undefined;
  /** Of the message */
  id: string;
  delivered: boolean;
};

export type SubscriptionList = {
  items: SubscriptionView[];
};

export type SubscriptionView = {
  id: string;
  url: string;
  events: string[];
  services?: string[] | undefined;
  description?: string | undefined;
  ordered: boolean;
  enabled: boolean;
  /** `GONE`: it answered 410; `FAILING`: five days without one success */
  disabled?: {
    at: Timestamp;
    reason: 'PERSON' | 'GONE' | 'FAILING';
  } | undefined;
  createdAt: Timestamp;
  createdBy: string;
  updatedAt: Timestamp;
  failingSince?: Timestamp | undefined;
  /** Until then the secret before the last rotation signs, too */
  formerSecretUntil?: Timestamp | undefined;
};

export type SubscriptionRequest = {
  /** https, and public; in stage `local` http on loopback, too */
  url: string;
  /** Of `*`, `transfer.*`, `user.*`, `webhook.*`, `session.*`, `service.*`, `alert.*`, `transfer.settled`, `transfer.dead`, `transfer.reversed`, `user.registered`, `user.superiors_changed`, `webhook.forwarded`, `session.needs_person`, `service.down`, `service.up`, `alert.firing`, `alert.resolved` */
  events: string[];
  /** Codes; absent: events of all services, and those of none */
  services?: string[] | undefined;
  description?: string | undefined;
  /** One account's transfers one after the other: slower, and one that fails holds up the next */
  ordered?: boolean | undefined;
};

export type NewSubscription = {
  id: string;
  url: string;
  events: string[];
  services?: string[] | undefined;
  description?: string | undefined;
  ordered: boolean;
  enabled: boolean;
  /** `GONE`: it answered 410; `FAILING`: five days without one success */
  disabled?: {
    at: Timestamp;
    reason: 'PERSON' | 'GONE' | 'FAILING';
  } | undefined;
  createdAt: Timestamp;
  createdBy: string;
  updatedAt: Timestamp;
  failingSince?: Timestamp | undefined;
  /** Until then the secret before the last rotation signs, too */
  formerSecretUntil?: Timestamp | undefined;
  /** `whsec_` and base64: shown this once */
  secret: string;
};

export type SubscriptionChange = {
  /** https, and public; in stage `local` http on loopback, too */
  url?: string | undefined;
  /** Of `*`, `transfer.*`, `user.*`, `webhook.*`, `session.*`, `service.*`, `alert.*`, `transfer.settled`, `transfer.dead`, `transfer.reversed`, `user.registered`, `user.superiors_changed`, `webhook.forwarded`, `session.needs_person`, `service.down`, `service.up`, `alert.firing`, `alert.resolved` */
  events?: string[] | undefined;
  /** `null`: of all */
  services?: string[] | null | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
};

export type EventDeliveriesQuery = {
  limit?: number | undefined;
  cursor?: string | undefined;
  state?: 'pending' | 'delivered' | 'dead' | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

export type EventDeliveryList = {
  items: EventDeliveryView[];
  /** Present when there are more */
  cursor?: string | undefined;
};

export type EventDeliveryView = {
  /** The event's: `webhook-id` */
  id: string;
  type: 'transfer.settled' | 'transfer.dead' | 'transfer.reversed' | 'user.registered' | 'user.superiors_changed' | 'webhook.forwarded' | 'session.needs_person' | 'service.down' | 'service.up' | 'alert.firing' | 'alert.resolved';
  at: Timestamp;
  service?: string | undefined;
  state: 'pending' | 'delivered' | 'dead';
  /** Since it was made, or last replayed */
  attempts: number;
  dueAt?: Timestamp | undefined;
  /** The latest try */
  last?: Attempt | undefined;
};

export type Attempt = {
  at: Timestamp;
  /** Milliseconds */
  durationMs: number;
  /** Of the answer */
  status?: number | undefined;
  /** Without an answer: `TIMEOUT`, `REFUSED`, `RESET`, `DNS`, `TLS`, `PROTOCOL`, `ADDRESS_REFUSED`; what a robot says that answers 200 and means no */
  error?: string | undefined;
};

export type SubscriptionTest = {
  at: Timestamp;
  /** Milliseconds */
  durationMs: number;
  /** Of the answer */
  status?: number | undefined;
  /** Without an answer: `TIMEOUT`, `REFUSED`, `RESET`, `DNS`, `TLS`, `PROTOCOL`, `ADDRESS_REFUSED`; what a robot says that answers 200 and means no */
  error?: string | undefined;
  /** `webhook-id` of the test event */
  id: string;
  delivered: boolean;
};

export type RotatedSecret = {
  /** `whsec_` and base64: shown this once */
  secret: string;
};

/** Which deliveries are made once more */
export type ReplayRequest = {
  /** Everything that happened from then on */
  since: string;
  /** Of the answer before, beside the same selection: goes on where that one ended */
  cursor?: string | undefined;
} | {
  /** Ids of events */
  deliveries: string[];
  /** Of the answer before, beside the same selection: goes on where that one ended */
  cursor?: string | undefined;
} | {
  /** Dead ones, and those that wait for another try */
  failed: true;
  /** Of the answer before, beside the same selection: goes on where that one ended */
  cursor?: string | undefined;
};

export type ReplayAnswer = {
  /** Made due by this request */
  count: number;
  /** Time ran out: the same request with `cursor` goes on */
  more?: true | undefined;
  cursor?: string | undefined;
};

export type KeyList = {
  items: KeyView[];
};

export type KeyView = {
  id: string;
  name: string;
  role: 'caller' | 'viewer' | 'operator' | 'admin';
  /** Absent: everything its role may */
  scopes?: string[] | undefined;
  expiresAt?: Timestamp | undefined;
  createdAt: Timestamp;
  createdBy: string;
};

export type KeyRequest = {
  name: string;
  role: 'caller' | 'viewer' | 'operator' | 'admin';
  /** What it is limited to: `CODE:operation`, `CODE:*`, `money:read`. Absent: everything its role may */
  scopes?: string[] | undefined;
  /** ISO 8601, to come: from then on it ends */
  expiresAt?: string | undefined;
};

export type NewKey = {
  id: string;
  name: string;
  role: 'caller' | 'viewer' | 'operator' | 'admin';
  /** Absent: everything its role may */
  scopes?: string[] | undefined;
  expiresAt?: Timestamp | undefined;
  createdAt: Timestamp;
  createdBy: string;
  /** Shown this once */
  key: string;
};

export type LogInRequest = {
  username: string;
  password: string;
};

export type OwnSession = {
  user: {
    id: string;
    username: string;
    role: 'caller' | 'viewer' | 'operator' | 'admin';
  };
  /** With the cookie, every request but GET and HEAD carries it in `X-CSRF-Token` */
  csrfToken: string;
};

export type UserList = {
  items: ({
    id: string;
    username: string;
    role: 'caller' | 'viewer' | 'operator' | 'admin';
    disabled: boolean;
    createdAt: Timestamp;
    /** After five wrong passwords in a row; another password ends it */
    lockedUntil?: Timestamp | undefined;
  })[];
};

export type UserRequest = {
  /** Never changes */
  username: string;
  password: string;
  role: 'caller' | 'viewer' | 'operator' | 'admin';
};

export type UserView = {
  id: string;
  username: string;
  role: 'caller' | 'viewer' | 'operator' | 'admin';
  disabled: boolean;
  createdAt: Timestamp;
};

export type UserChange = {
  role?: 'caller' | 'viewer' | 'operator' | 'admin' | undefined;
  /** Ends the open sessions */
  disabled?: boolean | undefined;
  /** Another one ends the open sessions */
  password?: string | undefined;
};

export type Root = {
  name: 'Gatehouse';
  what: string;
  /** A readable page of this API */
  docs: string;
  /** The same as OpenAPI 3.1 */
  openapi: string;
  health: string;
};

export type Health = {
  status: 'ok' | 'degraded';
  stores: { [name: string]: 'ok' | 'unreachable' };
};
