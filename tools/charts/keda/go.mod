// Pins where the definitions of keda come from; nothing is built of it.
module data-platform/sandbox/charts/keda

go 1.26.0

require github.com/kedacore/keda/v2 v2.20.2
