import type { ServiceListItem } from '$lib/components/services/service';
import type { OperationKind, OperationStatus, OperationStepKey } from '$lib/shared/operations';
import type { Role } from '$lib/shared/roles';

export type ShellUser = { email: string; locale: string };

export type ShellProject = { id: string; name: string; role: Role };

/** A service as the palette names it. */
export type ShellService = Pick<
	ServiceListItem,
	'id' | 'kind' | 'name' | 'engine' | 'status' | 'desiredState' | 'operation'
>;

/** A running or just ended operation, as the bell shows it. */
export type ShellOperation = {
	id: string;
	kind: OperationKind;
	status: OperationStatus;
	serviceName: string;
	/** The step that runs now; null before the first and after the last. */
	step: OperationStepKey | null;
};

/** How much there is of what the side bar lists; undefined while it is not known. */
export type ShellCounts = { databases?: number | undefined; storage?: number | undefined };

export type ShellCallbacks = {
	onproject: (projectId: string) => void;
	onsignout: () => void;
	/** The bell was opened: what ended so far has been seen. */
	onbell?: (() => void) | undefined;
	/** Remembers the language in the account; the cookie and the reload are the shell's. */
	onlocale?: ((locale: string) => Promise<unknown> | void) | undefined;
};

export type Crumb = { label: string; href?: string | undefined };
