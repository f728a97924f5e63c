/** What this registry needs of a WebSocket. */
export type ClosableSocket = { close(code: number, reason: string): void };

/** Sent when the credentials behind a socket end (4000-4999 is the range for applications). */
const SIGNED_OUT_CLOSE_CODE = 4401;

/** Live WebSockets by the digest of the session or API token they were opened with. */
export class Connections {
	readonly #sockets = new Map<string, Set<ClosableSocket>>();

	/** Keeps the socket until the returned function is called. */
	add(credentialHash: string, socket: ClosableSocket): () => void {
		const sockets = this.#sockets.get(credentialHash) ?? new Set();
		sockets.add(socket);
		this.#sockets.set(credentialHash, sockets);
		return () => {
			sockets.delete(socket);
			if (sockets.size === 0 && this.#sockets.get(credentialHash) === sockets) {
				this.#sockets.delete(credentialHash);
			}
		};
	}

	/** Closes every socket of this session or token. */
	close(credentialHash: string): void {
		const sockets = this.#sockets.get(credentialHash);
		this.#sockets.delete(credentialHash);
		for (const socket of sockets ?? []) socket.close(SIGNED_OUT_CLOSE_CODE, 'signed out');
	}

	/** How many sockets this session or token holds. */
	count(credentialHash: string): number {
		return this.#sockets.get(credentialHash)?.size ?? 0;
	}

	/** The digests that hold at least one socket. */
	credentialHashes(): string[] {
		return [...this.#sockets.keys()];
	}
}
