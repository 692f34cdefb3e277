// In a process of its own: a stack rendered, as `make render STACK=…` does; prints how many objects it has.
import { render } from "../render/manifests";

void render({ stack: process.argv[2], charts: "directories" }).then(({ size }) => process.stdout.write(String(size)));
