/** Import this first: what the functions read at their first use, with stores that nobody listens for. */
Object.assign(process.env, {
  GATEHOUSE_STAGE: 'unit',
  LOG_LEVEL: 'INFO',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9',
  AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:9',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9',
  UPSTASH_REDIS_REST_TOKEN: 'nobody',
});
