/**
 * A Serverless plugin for `serverless invoke local --stage local`: the function finds the stack that `npm start`
 * runs, and a webhook's sample event is sealed. Any other command passes it by.
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
    if (serverless.processedInput.commands.join(' ') !== 'invoke local' || options.stage !== 'local') return;
    // Nobody checks them here; without any, the SDK would look for them on the network.
    process.env.AWS_ACCESS_KEY_ID ||= 'local';
    process.env.AWS_SECRET_ACCESS_KEY ||= 'local';
    this.hooks = {
      initialize: async () => {
        this.#bundleForRequire();
        await this.#meetStack();
      },
      'before:invoke:local:invoke': () => this.#sealSample(),
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

  /** What serverless.yml says of the environment is resolved by CloudFormation; here the stack says it. */
  async #meetStack() {
    const { dataDirOf, runningEnvironment } = await import('./stack-environment.ts');
    const dataDir = dataDirOf(process.env);
    this.#stack = await runningEnvironment(dataDir);
    const { classes, service } = this.#serverless;
    if (!this.#stack) {
      throw new classes.Error(
        `No Gatehouse runs on ${dataDir}: start it with "npm start" (another directory: GATEHOUSE_DATA_DIR=...).`,
        'NO_LOCAL_STACK',
      );
    }
    const LOG_LEVEL = process.env.LOG_LEVEL || 'WARN';
    service.provider.environment = { ...service.provider.environment, ...this.#stack, LOG_LEVEL };
  }

  async #sealSample() {
    const [{ sealed }, { ursKey }] = await Promise.all([import('./sample.ts'), import('./urs-key.ts')]);
    this.#options.data = sealed(this.#options.data, await ursKey(this.#stack), Date.now());
  }
}
