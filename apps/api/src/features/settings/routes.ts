import { TenantSettings, TenantSettingsChange } from '@carteiro/contracts/settings'
import { changeTenantSettings } from '@carteiro/domain/settings/change-settings'
import { readTenantSettings } from '@carteiro/domain/settings/read-settings'
import type { HttpServer } from '@carteiro/runtime/http-server'
import type { Dependencies } from '../../dependencies.ts'
import { unknownTimezone } from '../../settings/unknown-timezone.ts'

const documented = (summary: string) => ({ tags: ['settings'], summary })

/** `/api/v1/settings`: what holds for all of a tenant's instances; docs/pace.md tells each. */
export async function settingsRoutes(
  app: HttpServer,
  dependencies: Pick<Dependencies, 'db' | 'queue'>,
): Promise<void> {
  app.get(
    '/api/v1/settings',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('What holds for your instances, defaults included'),
        response: { 200: TenantSettings },
      },
    },
    ({ actor }) => readTenantSettings(dependencies.db, actor.tenantId),
  )

  app.patch(
    '/api/v1/settings',
    {
      onRequest: app.authenticate('admin'),
      schema: {
        ...documented('Change some: what is left out stays, null returns to the default'),
        body: TenantSettingsChange,
        response: { 200: TenantSettings },
      },
    },
    async ({ actor, body: settings, id: requestId }) => {
      const { tenantId, name } = actor
      const result = await changeTenantSettings(dependencies, { tenantId, actor: name, requestId, settings })
      if (result.status === 'unknown_timezone') throw unknownTimezone('body.timezone')
      return result.settings
    },
  )
}
