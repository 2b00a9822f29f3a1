import { ACCOUNT, conformTexts } from './conform-texts.ts'
import { conformWhole } from './conform-whole.ts'
import { startCrablineServer } from './crabline-server.ts'
import { startOurServer } from './our-server.ts'

conformTexts('our server', startOurServer)
conformTexts('crabline', (t) => startCrablineServer(t, ACCOUNT))
conformWhole('our server', startOurServer)
