/** The state that an event of a node shows, if it is a rare one. */
export function rareStateOf(event) {
    switch (event.type) {
        case "handshake_failed":
            return `a handshake fails: ${event.reason}`;
        case "link_down":
            return `a link ends: ${event.reason}`;
        case "messages_lost":
            return `messages are lost: ${event.cause}`;
        default:
            return undefined;
    }
}
//# sourceMappingURL=rare-states.js.map