import * as z from 'zod';
import { Template } from '../definition/fields.ts';
import { signForAws } from '../vendors/aws-signature/sign.ts';
import { credentialTemplates } from './credential-templates.ts';
import { REFUSAL_FIELDS } from './refusal.ts';
import { strategy } from './strategy.ts';

/** AWS Signature Version 4: of AWS, and of what speaks as it does (MinIO, R2, OpenSearch). */
export const awsSigV4 = strategy({
  schema: z.strictObject({
    type: z.literal('AWS_SIGV4'),
    region: Template.min(1).describe('As in the host of the service: `eu-west-1`.'),
    service: Template.min(1).describe("The service's name in signatures: `execute-api`, `s3`, `es`."),
    accessKeyId: Template.default('{{credentials.accessKeyId}}').describe('A template over the credentials.'),
    secretAccessKey: Template.default('{{credentials.secretAccessKey}}').describe(
      'A template over the credentials.',
    ),
    sessionToken: Template.optional().describe('Of temporary credentials.'),
    ...REFUSAL_FIELDS,
  }),
  async authenticate(service, _options, deps) {
    const { auth } = service.definition;
    const { render, secrets } = await credentialTemplates(service, deps);
    const signer = {
      region: render(auth.region, 'header'),
      service: render(auth.service, 'header'),
      accessKeyId: render(auth.accessKeyId, 'header'),
      secretAccessKey: render(auth.secretAccessKey, 'none'),
      sessionToken: auth.sessionToken === undefined ? undefined : render(auth.sessionToken, 'header'),
    };
    const own = [...secrets, signer.secretAccessKey, ...(signer.sessionToken ? [signer.sessionToken] : [])];
    return {
      headers: {},
      secrets: own,
      async sign(request) {
        const signed = await signForAws(request, signer, deps.clock.now());
        const signature = signed.headers['authorization']!.replace(/^.*Signature=/, '');
        return { ...signed, secrets: [...(request.secrets ?? []), signature] };
      },
    };
  },
});
