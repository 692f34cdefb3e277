import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { imageProblem, labelNameProblem, objectNameProblem, variableProblem } from "../../config/values/names";

// Types of arguments, beside those of the config: the same rules hold for both, and say the same.

/** A value that an engine may know only later: nobody can look at it before. */
export function input<T extends z.ZodType>(type: T) {
    return z
        .custom<unknown>(() => true)
        .superRefine((value, context) => {
            if (pulumi.Output.isInstance(value) || value instanceof Promise) return;
            const { error } = type.safeParse(value, { reportInput: true });
            for (const issue of error?.issues ?? []) context.addIssue({ ...issue });
        });
}

/** A thing of the program that is handed on, such as a namespace or the event stream. */
export function handle(what: string) {
    return z.custom<object>((value) => typeof value === "object" && value !== null, `must be ${what}`);
}

/** A text that a rule of config/values looks at. */
export function ruled(rule: (text: string) => string | undefined) {
    return z.string().superRefine((value, context) => {
        const message = rule(value);
        if (message !== undefined) context.addIssue({ code: "custom", message });
    });
}

/** A DNS label. */
export const labelName = ruled(labelNameProblem);
export const objectName = ruled(objectNameProblem);
export const image = ruled(imageProblem);
export const variable = ruled(variableProblem);

/** Words of a command, the first of which is the program. */
export const command = z.array(z.string()).min(1);

/** A whole number that Kubernetes counts in 32 bits. */
export const count = z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1);

/** Whole seconds. */
export const seconds = z
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1);

export const pullPolicy = z.enum(["IfNotPresent", "Always", "Never"]);
export const priority = z.enum(["critical", "batch"]);
