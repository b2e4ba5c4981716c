import type { NodeId } from "../../core/mailbox-id.ts";

/**
 * The identity of a node for which the spec gives none: what `reign init` puts into certificates.
 */
export function defaultIdentity(cluster: string, nodeId: NodeId): string {
  return `URI:reign://${cluster}/${nodeId}`;
}
