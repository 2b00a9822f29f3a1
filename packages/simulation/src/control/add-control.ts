import type { HttpServer } from '@carteiro/runtime/http-server'
import { addFaultRoutes } from '../faults/fault-routes.ts'
import { addMediaRoutes } from '../media/media-routes.ts'
import { addAccountRoutes } from './account-routes.ts'
import { addCallRoutes } from './call-routes.ts'
import { addChatRoutes } from './chat-routes.ts'
import type { ControlDependencies } from './control-dependencies.ts'
import { addCustomerRoutes } from './customer-routes.ts'
import { addEventRoutes } from './event-routes.ts'
import { addGroupRoutes } from './group-routes.ts'
import { addLinkRoutes } from './link-routes.ts'
import { addMessageRoutes } from './message-routes.ts'
import { addPageRoutes } from './page-routes.ts'
import { addProfileRoutes } from './profile-routes.ts'
import { refuseStrangers } from './refuse-strangers.ts'

/** Everything by which people and tests play WhatsApp: the control API, and the page at `/`. */
export function addControl(server: HttpServer, dependencies: ControlDependencies): void {
  refuseStrangers(server)
  addAccountRoutes(server, dependencies)
  addMessageRoutes(server, dependencies)
  addCustomerRoutes(server, dependencies)
  addChatRoutes(server, dependencies)
  addGroupRoutes(server, dependencies)
  addCallRoutes(server, dependencies)
  addProfileRoutes(server, dependencies)
  addLinkRoutes(server, dependencies)
  addMediaRoutes(server, dependencies.media)
  addFaultRoutes(server, dependencies.faults)
  addEventRoutes(server, dependencies.changes)
  addPageRoutes(server)
}
