"""What the tap and the target share: the record contract in :mod:`franpos_qbo.schemas`, and nothing else."""
