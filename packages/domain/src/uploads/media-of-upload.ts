import type { MessageMedia } from '@carteiro/contracts/media'
import type { Upload } from './upload.ts'

/** An upload as the file of the message that it is sent with: its bytes are here. Pure. */
export const mediaOfUpload = ({ type, mediaType, size, fileName, sha256 }: Upload): MessageMedia => ({
  state: 'ready',
  type,
  mimeType: mediaType,
  size,
  fileName,
  sha256,
  ...{ seconds: null, width: null, height: null, reason: null },
})
