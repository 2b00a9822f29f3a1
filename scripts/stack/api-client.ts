/** JSON whose shape the caller checks by using it: scripts and tests look at answers from outside. */
export type Json = ReturnType<typeof JSON.parse>

export interface ApiAnswer {
  status: number
  body: Json
}

export interface ApiClient {
  get(path: string): Promise<ApiAnswer>
  post(path: string, body?: object): Promise<ApiAnswer>
  put(path: string, body: object): Promise<ApiAnswer>
  patch(path: string, body: object): Promise<ApiAnswer>
  delete(path: string): Promise<ApiAnswer>
}

/** Speaks to one of the stack's processes over HTTP, as a client would. Rejects only when no answer came. */
export function createApiClient(url: string, apiKey?: string): ApiClient {
  const call = async (method: string, path: string, body?: object): Promise<ApiAnswer> => {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(30_000),
      headers: {
        ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
  }
}
