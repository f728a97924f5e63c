/** The address parts that put a question on a service's page, so that the command palette never acts without one. */
export const askHashes = { stop: '#stop', restart: '#restart' } as const;
