import { beforeNavigate } from '$app/navigation';

/** Something that can be read this once: while it is shown, leaving the page is held up, so that no stray click loses it. */
export class Unkept<T> {
	value = $state.raw<T>();
	/** Set when somebody tried to leave: the page then says why it stays. */
	wasHeld = $state(false);

	/** Called while a component is made. */
	constructor() {
		beforeNavigate((navigation) => {
			if (this.value === undefined) return;
			navigation.cancel();
			this.wasHeld = true;
		});
	}

	show(value: T): void {
		this.value = value;
		this.wasHeld = false;
	}

	/** Called when the person says that they have it. */
	dismiss(): void {
		this.value = undefined;
		this.wasHeld = false;
	}
}
