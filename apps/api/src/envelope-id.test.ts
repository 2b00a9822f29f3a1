import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { v5 } from 'uuid'
import { envelopeId } from './envelope-id.ts'

const NAMESPACE = '6f9619ff-8b86-4011-b42d-00c04fc964ff'

t.test('an event has the same id for ever: a name-based UUID of RFC 9562', async (t) => {
  const address = { tenantId: 'acme', instanceId: 'acme-phone' }
  t.equal(envelopeId(address, 'message', '3EB0'), v5('acme\nacme-phone\nmessage\n3EB0', NAMESPACE))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (tenantId, kind, own) => {
        const name = [tenantId, 'phone', kind, own].join('\n')
        assert.equal(envelopeId({ tenantId, instanceId: 'phone' }, kind, own), v5(name, NAMESPACE))
      }),
    ),
  )
})
