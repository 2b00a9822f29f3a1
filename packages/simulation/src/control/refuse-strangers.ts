import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { isLoopbackUrl } from '@carteiro/runtime/loopback'

/**
 * Nothing here asks for a key, so a page of another site must not reach it through the browser of whoever runs it:
 * neither by a name of its own that leads to this machine, nor by a form.
 */
export function refuseStrangers(server: HttpServer): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { host = '', origin } = request.headers
    if (!isLoopbackUrl(`http://${host}`, ['http:'])) {
      return done(new Problem('BAD_REQUEST', 'Call the simulator as 127.0.0.1, localhost or [::1].'))
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      return done(new Problem('BAD_REQUEST', `Pages of ${origin.slice(0, 100)} may not use the simulator.`))
    }
    done()
  })
}
