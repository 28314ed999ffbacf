//! Counters of graphics processors: enterprise 5703, NVIDIA.

use crate::structure::structure;

structure! {
    /// `nvidia_gpu`, counter record 5703:1: the host's graphics processors together, as NVML has them.
    /// [sFlow NVML GPU structures](https://sflow.org/sflow_nvml.txt)
    NvidiaGpu = "nvidia_gpu" 5703:1 {
        /// nvmlDeviceGetCount.
        device_count: u32,
        /// nvmlDeviceGetComputeRunningProcesses.
        processes: u32,
        /// Milliseconds in which kernels ran.
        gpu_time: u32,
        /// Milliseconds in which device memory was read or written.
        mem_time: u32,
        /// Bytes of device memory (nvmlDeviceGetMemoryInfo).
        mem_total: u64,
        /// Bytes of device memory free (nvmlDeviceGetMemoryInfo).
        mem_free: u64,
        /// nvmlDeviceGetTotalEccErrors.
        ecc_errors: u32,
        /// Millijoules consumed (from nvmlDeviceGetPowerUsage).
        energy: u32,
        /// Degrees Celsius of the hottest device (nvmlDeviceGetTemperature).
        temperature: u32,
        /// Percent of the fastest fan (nvmlDeviceGetFanSpeed).
        fan_speed: u32,
    }
}
