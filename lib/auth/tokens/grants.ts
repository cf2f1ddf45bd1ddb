import { createHash } from 'node:crypto';
import { omitUndefined } from '../../runtime/omit-undefined.ts';
import type { CredentialTemplates } from '../credential-templates.ts';
import type { OAuth2Auth } from './definition.ts';
import type { TokenDocument } from './token-document.ts';

/** One request to a token endpoint: fields of its form. */
export interface Grant {
  fields: Record<string, string>;
  /** It uses a refresh token up. */
  isRefresh: boolean;
}

export interface Grants {
  client: { id: string; secret: string };
  /** Of refresh tokens, see `TokenDocument`. */
  descent: string;
  /** What to try, in order: the next one only when one before it was refused. Never empty. */
  tries: [Grant, ...Grant[]];
}

/** @param kept the last token, whose refresh token may serve. */
export function grantsOf(
  auth: OAuth2Auth,
  { render }: CredentialTemplates,
  kept: TokenDocument | undefined,
): Grants {
  const text = (template: string | undefined) =>
    template === undefined ? undefined : render(template, 'none');
  const client = { id: render(auth.clientId, 'none'), secret: render(auth.clientSecret, 'none') };
  const asked = omitUndefined({ scope: text(auth.scope), audience: text(auth.audience) });
  const refresh = (token: string): Grant => ({
    fields: { grant_type: 'refresh_token', refresh_token: token, ...asked },
    isRefresh: true,
  });
  const descended = (...from: string[]) => {
    const descent = createHash('sha256')
      .update(JSON.stringify([auth.grant, auth.tokenUrl, client.id, ...from]))
      .digest('base64url');
    return { descent, token: kept?.descent === descent ? kept.refresh_token : undefined };
  };

  switch (auth.grant) {
    case 'client_credentials': {
      // RFC 6749 4.4.3: it has no refresh token, and needs none.
      const fields = { grant_type: auth.grant, ...asked };
      return { client, descent: '', tries: [{ fields, isRefresh: false }] };
    }
    case 'password': {
      const [username, password] = [render(auth.username, 'none'), render(auth.password, 'none')];
      const { descent, token } = descended(username, password);
      const login = { fields: { grant_type: auth.grant, username, password, ...asked }, isRefresh: false };
      return { client, descent, tries: token === undefined ? [login] : [refresh(token), login] };
    }
    case 'refresh_token': {
      const first = render(auth.refreshToken, 'none');
      const { descent, token } = descended(first);
      return { client, descent, tries: [refresh(token ?? first)] };
    }
    default:
      return auth.grant satisfies never;
  }
}
