import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { createSecretMatcher } from '@carteiro/runtime/secret-matcher'

/**
 * Demands the broker's key in `X-API-Key` on every route of this server's scope.
 *
 * @throws Problem INVALID_API_KEY (401) on the request, before its body is read
 */
export function requireApiKey(server: HttpServer, apiKey: string): void {
  const isKey = createSecretMatcher(apiKey)
  server.addHook('onRequest', async (request) => {
    const given = request.headers['x-api-key']
    if (typeof given !== 'string' || !isKey(given)) {
      throw new Problem('INVALID_API_KEY', 'Send the key of the broker in the header X-API-Key.')
    }
  })
}
