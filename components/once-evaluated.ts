import * as pulumi from "@pulumi/pulumi";

/** Makes a value of all that a program declares: once the rest of the program, which is one piece, has been evaluated. */
export function onceEvaluated<T>(make: () => T): pulumi.Output<pulumi.Unwrap<T>> {
    return pulumi.output(new Promise<T>((resolve) => setImmediate(() => resolve(make()))));
}
