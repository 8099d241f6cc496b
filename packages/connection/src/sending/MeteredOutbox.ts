/** An outbox that tells a meter of each message it accepts. */
import type { Compression } from "../host/Compression.js"
import type { Meter } from "../host/Meter.js"
import type { Transport } from "../host/Transport.js"
import type { Limits } from "../Limits.js"
import type { Content, Outgoing } from "../Message.js"
import { type Framing, Outbox } from "./Outbox.js"

export class MeteredOutbox extends Outbox {
  constructor(
    transport: Transport,
    framing: Framing,
    limits: Limits,
    compression: Compression | undefined,
    owner: ConstructorParameters<typeof Outbox>[4],
    private readonly meter: Meter
  ) {
    super(transport, framing, limits, compression, owner)
  }

  protected override accept(message: Outgoing): void {
    this.meter.sent()
    super.accept(message)
  }

  override fragment(opcode: number, content: Content, fin: boolean): boolean {
    if (fin) this.meter.sent()
    return super.fragment(opcode, content, fin)
  }
}
