"""The operations, one concept a file: kernel, forward, backward and public function together.

Mirrors aten/src/ATen/native/. The table of contents, in an order to read it:

Element-wise: unary_ops, binary_ops, exponential, trigonometry, pow, rounding, comparison_ops,
tensor_compare, bitwise_ops, lerp, pointwise_ops, float_parts, complex_ops; special functions in
error_functions, gamma_functions, bessel_functions, orthogonal_polynomials.

Shapes: views, strided_views, view_copies, view_scatter, splitting, joining, rearranging,
repeat_interleave, diagonal, triangular_ops, grids, differences, resize, sizes.

Creation: factories, tensor_new, numpy_protocol, ranges, conversions, copying, memory_format,
type_properties, window_functions; random: distributions, random_factories, dropout.

Reductions: reduce_ops, variance, extremes, cumulative_ops, order_statistics, norms, renorm,
histogram, segment_reduce.

Indexing and order: indexing, slicing, advanced_indexing, index_ops, masked_ops, scatter_gather,
fill_diagonal, sorting, unique, bucketization.

Linear algebra: linear_algebra, linear, added_products, tensor_products, einsum, cross, cdist,
correlation, matrix_functions, matrix_exp, pseudo_inverse; decompositions in
batch_linear_algebra_cholesky, batch_linear_algebra_lu, batch_linear_algebra_solve,
batch_linear_algebra_det, batch_linear_algebra_qr, batch_linear_algebra_spectral,
batch_linear_algebra_lstsq, batch_linear_algebra_ldl. Fourier transforms: spectral_ops,
fourier_transforms, stft.

Layers: activation, activation_smooth, softmax, softmax_kernels, normalization, layer_norm,
group_norm, local_response_norm, convolution, convolution_columns, convolution_mm, max_pool,
avg_pool, adaptive_pool, lp_pool, fractional_max_pool, max_unpool, padding, upsample, upsample_taps,
grid_sampler, im2col, pixel_shuffle, embedding, embedding_bag, attention, multi_head_attention, rnn,
rnn_layers, rnn_loops, rnn_cells, rnn_formulas, rnn_steps, packed_sequence, weight_norm, distance;
losses: loss, loss_binary, loss_nll, loss_cross_entropy, loss_distribution, loss_margin,
loss_multi_margin, loss_ctc, reduction. Steps of optimizers: fused_optim,
multi_tensor, foreach.

What they share: tensor_iterator, expand_utils, variants, return_types, not_differentiable,
reduce_ops_utils, linear_algebra_utils, convolution_checks, pool, dispatch_stub, portable_stub,
pointwise, ufunc, row_sums, cpu_blas, lapack, special_math, vec_math. Loops alone:
activation_kernels, normalization_kernels, rnn_kernels, selection_kernels, distribution_kernels,
integer_kernels, normal_kernels, rejection_kernels, sampling_gradients.
"""
