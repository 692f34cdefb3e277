// Package ext stands in for a module of Traefik's that no proxy has: it extends nothing.
package ext

// HTTP has no further settings.
type HTTP struct{}

// DeepCopyInto copies nothing.
func (in *HTTP) DeepCopyInto(out *HTTP) { *out = *in }

// Router has no further settings.
type Router struct{}

// DeepCopyInto copies nothing.
func (in *Router) DeepCopyInto(out *Router) { *out = *in }
