import { Problem } from '@carteiro/contracts/problem'
import { equalInConstantTime } from '@carteiro/runtime/equal-in-constant-time'
import type { HttpServer } from '@carteiro/runtime/http-server'

/**
 * Demands the broker's key in `X-API-Key` on every route of this server's scope.
 *
 * @throws Problem INVALID_API_KEY (401) on the request, before its body is read
 */
export function requireApiKey(server: HttpServer, apiKey: string): void {
  server.addHook('onRequest', async (request) => {
    const given = request.headers['x-api-key']
    if (typeof given !== 'string' || !equalInConstantTime(given, apiKey)) {
      throw new Problem('INVALID_API_KEY', 'Send the key of the broker in the header X-API-Key.')
    }
  })
}
