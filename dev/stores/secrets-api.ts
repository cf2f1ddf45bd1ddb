import { askAws, AwsRefusal, except } from './aws-json.ts';
import type { AwsTarget } from './aws-json.ts';

/** Creates a secret unless there is one; `make` is asked for its value only then. @throws AwsRefusal */
export async function ensureSecret(target: AwsTarget, name: string, make: () => string): Promise<void> {
  try {
    await ask(target, 'DescribeSecret', { SecretId: name });
  } catch (error) {
    except('ResourceNotFoundException')(error);
    await ask(target, 'CreateSecret', { Name: name, SecretString: make() }).catch(
      except('ResourceExistsException'),
    );
  }
}

/** Creates or replaces a secret; the value it had becomes `AWSPREVIOUS`. @throws AwsRefusal */
export async function putSecret(target: AwsTarget, name: string, value: string): Promise<void> {
  try {
    await ask(target, 'PutSecretValue', { SecretId: name, SecretString: value });
  } catch (error) {
    if (!(error instanceof AwsRefusal) || error.name !== 'ResourceNotFoundException') throw error;
    await ask(target, 'CreateSecret', { Name: name, SecretString: value });
  }
}

const ask = (target: AwsTarget, action: string, input: object) =>
  askAws(target, 'secretsmanager', `secretsmanager.${action}`, input);
