import type { ConnectionFacts, ConnectionText } from '$lib/shared/connection';
import type { EngineVersion } from '../engine';

/** What tells Redis from Valkey. */
export type Flavor = {
	id: string;
	label: string;
	/** The server's program in the image. */
	server: string;
	versions: EngineVersion[];
	connectionText(facts: ConnectionFacts): ConnectionText;
};
