import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const PEM = /^\s*-----BEGIN CERTIFICATE-----/

/** A certificate authority to trust: its PEM, or the path of a file that holds it. Read as PEM. */
export const certificateAuthority = () =>
  z.string().transform((given, context) => {
    try {
      const pem = PEM.test(given) ? given : readFileSync(given, 'utf8')
      if (new X509Certificate(pem).ca) return pem
    } catch {
      // Not there, or no certificate: one fault for all.
    }
    context.addIssue({
      code: 'custom',
      message: 'must be the certificate of an authority as PEM, or the path of a file that holds one',
    })
    return z.NEVER
  })
