import * as pulumi from "@pulumi/pulumi";
import * as state from "@pulumi/pulumi/runtime/state";

/** Something that the program does around one step of the engine. */
export interface Hook {
    name: string;
    run: (args: pulumi.ResourceHookArgs) => Promise<void>;
}

/** Hooks of a resource, by the step that they belong to. Not in previews, but for those that say so, of which there are none here. */
export interface Hooks {
    beforeCreate: Hook[];
    afterCreate: Hook[];
    beforeUpdate: Hook[];
    afterUpdate: Hook[];
}

/** The names of a resource's hooks, as they are in a registration request; the class is not part of Pulumi's public types. */
export interface HookNames {
    getBeforeCreateList(): string[];
    getAfterCreateList(): string[];
    getBeforeUpdateList(): string[];
    getAfterUpdateList(): string[];
    getBeforeDeleteList(): string[];
    getAfterDeleteList(): string[];
    getOnErrorList(): string[];
}

/**
 * Hooks of one evaluation, in place of the server that an engine calls them by. What they do is the engine's affair: they are
 * handed on with each resource.
 */
export class HookRegistry {
    private readonly hooks = new Map<string, pulumi.ResourceHook>();

    /** Takes the hooks of the evaluation that has just been set up. */
    install(monitor: object): void {
        // A component asks the monitor whether it knows hooks.
        Object.assign(monitor, { registerResourceHook: (_: unknown, done: (error: null) => void) => done(null) });
        const { getStore } = state as unknown as { getStore(): { callbacks?: object } };
        getStore().callbacks = {
            registerResourceHook: (hook: pulumi.ResourceHook) => {
                if (this.hooks.has(hook.name)) return Promise.reject(new Error(`two hooks are named ${hook.name}`));
                this.hooks.set(hook.name, hook);
                return Promise.resolve();
            },
            registerErrorHook: () => Promise.reject(new Error("hooks for errors can't be run here")),
            awaitStackRegistrations: () => Promise.resolve(),
            shutdown: () => undefined,
        };
    }

    /** The hooks of a resource; undefined where it has none. */
    of(names: HookNames | undefined): Hooks | undefined {
        if (!names) return undefined;
        if (names.getBeforeDeleteList().length + names.getAfterDeleteList().length > 0) {
            throw new Error("hooks of deletions can't be run here: a destroy doesn't evaluate the program");
        }
        return {
            beforeCreate: this.named(names.getBeforeCreateList()),
            afterCreate: this.named(names.getAfterCreateList()),
            beforeUpdate: this.named(names.getBeforeUpdateList()),
            afterUpdate: this.named(names.getAfterUpdateList()),
        };
    }

    private named(names: string[]): Hook[] {
        return names.map((name) => {
            const hook = this.hooks.get(name);
            if (!hook) throw new Error(`the hook ${name} isn't registered`);
            return { name, run: async (args) => hook.callback(args) };
        });
    }
}
