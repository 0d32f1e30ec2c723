using Adit.Api;

namespace Adit.Hub.Tasks.Idle;

/// <summary>What a task used over the last minutes, averaged.</summary>
internal sealed class ComputeWindow
{
    private const int Most = 512;
    private readonly Queue<(DateTimeOffset At, double Cpu, double Gpu)> _samples = new();
    private double _cpu;
    private double _gpu;

    /// <summary>One more look. What is older than the window is forgotten.</summary>
    public void Add(DateTimeOffset now, TaskUsage usage, TimeSpan window)
    {
        var (cpu, gpu) = (Math.Max(0, usage.Cpu), Math.Clamp(usage.Gpu ?? 0, 0, 1));
        _samples.Enqueue((now, cpu, gpu));
        _cpu += cpu;
        _gpu += gpu;
        while (_samples.Count > 1 && (_samples.Count > Most || _samples.Peek().At < now - window))
        {
            var gone = _samples.Dequeue();
            _cpu -= gone.Cpu;
            _gpu -= gone.Gpu;
        }
    }

    /// <summary>Cores in use, and use of GPUs from 0 to 1; zero before the first look.</summary>
    public (double Cpu, double Gpu) Average => _samples.Count == 0 ? (0, 0) : (Math.Max(0, _cpu / _samples.Count), Math.Max(0, _gpu / _samples.Count));

    /// <summary>Whether any look is in it.</summary>
    public bool IsEmpty => _samples.Count == 0;

    public void Clear()
    {
        _samples.Clear();
        (_cpu, _gpu) = (0, 0);
    }
}
