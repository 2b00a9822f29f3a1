import type { Intent } from '@carteiro/contracts/intent'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { chooseUpload, type UploadRefusal } from '../uploads/take-upload.ts'
import type { Upload } from '../uploads/upload.ts'

/** An intent whose file, if it is an upload, was found. */
export type PreparedFile = { status: 'prepared'; intent: Intent; upload?: Upload } | UploadRefusal

/** Finds the upload that an intent names. Its media type is the upload's; name and caption are, unless they are given. */
export async function prepareFile(
  transaction: DatabaseTransaction,
  { tenantId }: { tenantId: string },
  intent: Intent,
): Promise<PreparedFile> {
  switch (intent.intent) {
    case 'image':
    case 'video':
    case 'document':
    case 'audio':
    case 'sticker': {
      const { uploadId, intent: type } = intent
      if (uploadId === undefined) return { status: 'prepared', intent }
      const chosen = await chooseUpload(transaction, { tenantId, uploadId, type })
      if (chosen.status !== 'chosen') return chosen
      const { upload } = chosen
      return {
        status: 'prepared',
        upload,
        intent: withCaption({ ...intent, ...factsOf(intent, upload) }, upload),
      }
    }
    case 'proposta':
    case 'contrato': {
      const { document } = intent
      if (document?.uploadId === undefined) return { status: 'prepared', intent }
      const chosen = await chooseUpload(transaction, {
        tenantId,
        uploadId: document.uploadId,
        type: 'document',
      })
      if (chosen.status !== 'chosen') return chosen
      const { upload } = chosen
      return {
        status: 'prepared',
        upload,
        intent: { ...intent, document: { ...document, ...factsOf(document, upload) } },
      }
    }
    default:
      return { status: 'prepared', intent }
  }
}

function factsOf({ fileName }: { fileName?: string | undefined }, upload: Upload) {
  const name = fileName ?? upload.fileName
  return { mimeType: upload.mediaType, ...(name === null ? {} : { fileName: name }) }
}

function withCaption(intent: Intent, { caption }: Upload): Intent {
  const takesOne = intent.intent === 'image' || intent.intent === 'video' || intent.intent === 'document'
  if (!takesOne || caption === null) return intent
  return { ...intent, caption: intent.caption ?? caption }
}
