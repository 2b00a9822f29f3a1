import type { PhoneIntent } from './render-intent.ts'

/** The upload that an intent names, if it names one. */
export const uploadIdOf = (intent: PhoneIntent): string | undefined =>
  'uploadId' in intent ? intent.uploadId : undefined

/** The same intent, with its file by an address. Pure. */
export function withUploadUrl(intent: PhoneIntent, url: string): PhoneIntent {
  if (!('uploadId' in intent)) return intent
  const { uploadId: _uploadId, ...named } = intent
  return { ...named, mediaUrl: url }
}
