import { getContext, setContext } from 'svelte';
import type { Crumb } from './types';

/** What the open page tells the shell around it. */
class PageContext {
	crumbs = $state.raw<readonly Crumb[]>([]);
}

const key = Symbol('page');

/** Called by the shell. */
export function providePageContext(): PageContext {
	return setContext(key, new PageContext());
}

/** Called by a page: undefined where there is no shell, as on the login page. */
export function usePageContext(): PageContext | undefined {
	return getContext<PageContext | undefined>(key);
}
