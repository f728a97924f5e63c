// Plain JavaScript: the server's door, which keeps these bounds, stands before the bundle. Clients keep to them.

/** Calls in one WebSocket message. */
export const maxCallsPerMessage = 10;
/** Live subscriptions of one WebSocket. */
export const maxSubscriptionsPerSocket = 20;
