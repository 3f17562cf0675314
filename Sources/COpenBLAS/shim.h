#pragma once
#include <stddef.h>
#include <cblas.h>

// LAPACK's eigenvalues and eigenvectors of a symmetric matrix; Fortran passes the lengths of texts
// behind all other arguments.
void dsyevd_(
    const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
    double *work, const int *lwork, int *iwork, const int *liwork, int *info,
    size_t jobz_length, size_t uplo_length
);
