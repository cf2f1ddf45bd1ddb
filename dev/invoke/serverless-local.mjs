/**
 * A Serverless plugin for `serverless invoke local`: the function finds the stack that `npm start` runs, and a
 * webhook's sample event is sealed. Another stage than `local` uses the shell's environment; other
 * commands are not affected.
 */
export default class ServerlessLocal {
  #serverless;
  #options;
  /** @type {import('./stack-environment.ts').StackEnvironment | undefined} */
  #stack;

  /** @param {any} serverless @param {Record<string, unknown>} options */
  constructor(serverless, options) {
    this.#serverless = serverless;
    this.#options = options;
    if (serverless.processedInput.commands.join(' ') !== 'invoke local') return;
    const isLocal = (options.stage ?? 'local') === 'local';
    this.hooks = {
      initialize: async () => {
        this.#bundleForRequire();
        if (isLocal) await this.#useRunningStack();
      },
      'before:invoke:local:invoke': async () => {
        if (isLocal) await this.#sealSample();
      },
    };
  }

  /**
   * The framework loads a handler with `require`, which finds no `.mjs`. In a folder of its own, since
   * `npm run package` clears the usual one; built once, since what watches keeps a run that failed from ending.
   */
  #bundleForRequire() {
    Object.assign(this.#serverless.service.custom.esbuild, {
      outputFileExtension: '.js',
      outputWorkFolder: '.build/invoke',
      skipRebuild: true,
    });
  }

  /**
   * The environment in serverless.yml is resolved by CloudFormation. Here it comes from the running stack; without
   * one, from the shell, which serverless.yml would otherwise override.
   */
  async #useRunningStack() {
    const { dataDirOf, runningEnvironment } = await import('./stack-environment.ts');
    const dataDir = dataDirOf(process.env);
    this.#stack = await runningEnvironment(dataDir);
    const { classes, service } = this.#serverless;
    if (!this.#stack && !process.env.UPSTASH_REDIS_REST_URL) {
      throw new classes.Error(
        `No Gatehouse runs on ${dataDir}: start it with "npm start" (another directory: GATEHOUSE_DATA_DIR=...).`,
        'NO_LOCAL_STACK',
      );
    }
    // They are not checked here; without any, the framework and the SDK would look for them on the network.
    process.env.AWS_ACCESS_KEY_ID ||= 'local';
    process.env.AWS_SECRET_ACCESS_KEY ||= 'local';
    const { LOG_LEVEL = 'WARN' } = process.env;
    service.provider.environment = { GATEHOUSE_STAGE: 'local', LOG_LEVEL, ...this.#stack };
  }

  async #sealSample() {
    const [{ sealed }, { ursKey }] = await Promise.all([import('./sample.ts'), import('./urs-key.ts')]);
    this.#options.data = sealed(this.#options.data, await ursKey(this.#stack), Date.now());
  }
}
