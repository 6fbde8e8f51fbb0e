"""Parts of the centre-and-scale network, and the network made of them."""
