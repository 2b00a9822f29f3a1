import { Problem } from '@carteiro/contracts/problem'
import type { Actor } from '@carteiro/domain/keys/find-key'
import { beginUpload } from '@carteiro/domain/uploads/begin-upload'
import { forgetUpload, giveUpUpload } from '@carteiro/domain/uploads/delete-upload'
import { keepUpload } from '@carteiro/domain/uploads/keep-upload'
import type { Upload } from '@carteiro/domain/uploads/upload'
import { uploadKeyOf } from '@carteiro/storage/keys'
import type { FastifyRequest } from 'fastify'
import type { Dependencies } from '../../dependencies.ts'
import { uploadLimits } from '../../upload-variables.ts'
import { judgeType, unsafe } from './judge-file.ts'
import { type ReadForm, readForm } from './read-form.ts'
import { type ScanNeeds, scanUpload } from './scan-upload.ts'
import { type StoredUpload, storeFile, tooLarge } from './store-file.ts'

export type ReceiveNeeds = Pick<Dependencies, 'config' | 'db' | 'lifecycle' | 'logger' | 'storage'> &
  ScanNeeds

/** What a form has around its file. */
const FORM_BYTES = 64 * 1024
/** So much longer than an upload may take is its row left alone by those who delete what is left over. */
const TO_SETTLE_SECONDS = 600

interface Begun {
  tenantId: string
  id: string
}

/**
 * Takes a file: its bytes go to the storage as they come, and stay only when everything about them is right. A row says
 * so from before the first byte, so that what a process leaves behind when it dies is found and deleted.
 *
 * @throws Problem; then nothing is kept
 */
export async function receiveUpload(needs: ReceiveNeeds, request: FastifyRequest): Promise<Upload> {
  const { config, db, lifecycle, storage } = needs
  const { tenantId, name: actor } = request.actor
  const limits = uploadLimits(config)
  refuseAhead(request, Math.max(...Object.values(limits)))
  const stopping = lifecycle.signal
  const signal = AbortSignal.any([AbortSignal.timeout(config.UPLOAD_TIMEOUT_SECONDS * 1_000), stopping])
  let begun: Begun | undefined
  try {
    const form = await readForm(request, async (file) => {
      const seconds = config.UPLOAD_TIMEOUT_SECONDS + TO_SETTLE_SECONDS
      begun = { tenantId, id: await beginUpload(db, { tenantId, actor, seconds }) }
      return storeFile(storage, file, { key: keyOf(begun), limits, signal, stopping })
    })
    if (!begun) throw new Error('a file was stored that was not begun')
    return await keep(needs, request, begun, form)
  } catch (error) {
    if (begun) await discard(needs, begun)
    throw error
  }
}

const keyOf = ({ tenantId, id }: Begun): string => uploadKeyOf({ tenantId, uploadId: id })

/** What the headers say already. */
function refuseAhead(request: FastifyRequest, maxBytes: number): void {
  if (!request.isMultipart()) {
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'Send the form as multipart/form-data.')
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > maxBytes + FORM_BYTES) throw tooLarge(undefined, maxBytes)
}

/** The last judgement, with all fields and all bytes known. */
async function keep(
  needs: ReceiveNeeds,
  { actor, id: requestId }: FastifyRequest & { actor: Actor },
  { tenantId, id }: Begun,
  { fields, fileName, stored }: ReadForm<StoredUpload>,
): Promise<Upload> {
  const { config, db } = needs
  const { type } = fields
  const { size, sha256, hidden } = stored
  const maxBytes = uploadLimits(config)[type]
  if (size > maxBytes) throw tooLarge(type, maxBytes)
  const mediaType = judgeType(type, stored.claimedType, stored.look)
  if (type !== 'document' && hidden !== undefined) throw unsafe(hidden)
  await scanUpload(needs, { tenantId, uploadId: id })
  const result = await keepUpload(db, {
    ...{ tenantId, id, fields, mediaType, size, sha256, fileName, requestId },
    hours: config.UPLOAD_KEEP_HOURS,
    actor: actor.name,
  })
  switch (result.status) {
    case 'kept':
      return result.upload
    case 'ticket_not_found':
      throw new Problem('NOT_FOUND', `There is no ticket ${fields.ticketId}.`)
    case 'contact_not_found':
      throw new Problem('NOT_FOUND', `There is no contact ${fields.contactId}.`)
    case 'other_contact':
      throw new Problem('VALIDATION_ERROR', 'The ticket is another contact\u2019s; leave contactId out.', {
        details: [{ path: 'body.contactId', message: 'is not the ticket\u2019s contact' }],
      })
    case 'too_late':
      throw new Problem('UPLOAD_TIMEOUT', 'The file took too long to come; upload it again.')
    default:
      return result satisfies never
  }
}

/** What cannot be deleted now is found by the worker; what a message took, where an answer was lost, stays with it. */
async function discard({ db, logger, storage }: ReceiveNeeds, begun: Begun): Promise<void> {
  try {
    if ((await giveUpUpload(db, begun)) === 'in_use') return
    await storage.delete(keyOf(begun))
    await forgetUpload(db, { ...begun, actor: 'api' })
  } catch (error) {
    logger.warn({ err: error, uploadId: begun.id }, 'a refused upload is deleted later')
  }
}
