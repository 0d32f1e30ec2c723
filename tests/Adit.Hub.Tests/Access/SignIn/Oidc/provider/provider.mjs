// A real OpenID Connect provider for tests, on loopback: node provider.mjs PORT HUB-ORIGIN.
// Whoever is asked to sign in is the account named by POST /test/account?name=NAME. POST /test/rotate makes new keys.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, hub] = [Number(process.argv[2]), process.argv[3]];
const issuer = `http://127.0.0.1:${port}`;
const callback = `${hub}/api/v1/sign-in/oidc/company/callback`;
let account = 'alice';
let generation = 0;
let provider = make();

function make() {
  generation += 1;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: `key-${generation}`, use: 'sig', alg: 'RS256' };
  const made = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{
      client_id: 'adit',
      client_secret: 'client secret: with/odd+characters',
      redirect_uris: [callback],
      post_logout_redirect_uris: [`${hub}/sign-in`],
      backchannel_logout_uri: `${hub}/api/v1/sign-in/oidc/company/logout`,
      backchannel_logout_session_required: true,
    }],
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: { openid: ['sub'], email: ['email'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    pkce: { required: () => true },
    // Its own dispatcher refuses loopback, which is all there is here.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    cookies: { keys: ['test'] },
    interactions: { url: (ctx, interaction) => `/test/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `${id[0].toUpperCase()}${id.slice(1)} of the company`,
        preferred_username: id,
        email: `${id}@company.test`,
        groups: ['Data Science', 'everyone'],
      }),
    }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  made.on('server_error', (ctx, error) => console.log('server_error', error));
  made.on('backchannel.error', (ctx, error) => console.log('backchannel.error', error.message));
  return made;
}

createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/test/account') {
    account = url.searchParams.get('name');
    response.end();
  } else if (url.pathname === '/test/rotate') {
    provider = make();
    response.end();
  } else if (url.pathname.startsWith('/test/interaction/')) {
    await provider.interactionFinished(request, response, { login: { accountId: account } });
  } else {
    provider.callback()(request, response);
  }
}).listen(port, '127.0.0.1', () => console.log('listening'));
