using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>The parts of quotas, as numbers and as people read them.</summary>
internal static class QuotaWords
{
    /// <summary>What is limited at one time.</summary>
    public static readonly IReadOnlyList<QuotaPart> AtOnce = [QuotaPart.Tasks, QuotaPart.Cpu, QuotaPart.Memory, QuotaPart.Gpus];

    /// <summary>A limit; null for none.</summary>
    public static double? Limit(SetQuotaRequest limits, QuotaPart part) => part switch
    {
        QuotaPart.Tasks => limits.Tasks,
        QuotaPart.Cpu => limits.Cpu,
        QuotaPart.Memory => limits.MemoryBytes,
        QuotaPart.Gpus => limits.Gpus,
        QuotaPart.Storage => limits.StorageBytes,
        _ => limits.GpuHours,
    };

    /// <summary>How much of it one task has; each is one task.</summary>
    public static double Wish(TaskResources wants, QuotaPart part) => part switch
    {
        QuotaPart.Tasks => 1,
        QuotaPart.Cpu => wants.Cpu ?? 0,
        QuotaPart.Memory => wants.MemoryBytes ?? 0,
        _ => wants.Gpus ?? 0,
    };

    /// <summary>How much of it is used.</summary>
    public static double Used(QuotaUse used, QuotaPart part) => part switch
    {
        QuotaPart.Tasks => used.Tasks,
        QuotaPart.Cpu => used.Cpu,
        QuotaPart.Memory => used.MemoryBytes,
        QuotaPart.Gpus => used.Gpus,
        QuotaPart.Storage => used.StorageBytes ?? 0,
        _ => used.GpuHours,
    };

    /// <summary>One task alone asks for more.</summary>
    public static string Never(QuotaSubject subject, Quota quota, QuotaPart part, TaskResources wants) =>
        $"{Name(subject, quota)} is {Amount(part, Limit(quota.Limits, part)!.Value)} at once, and this asks for {Number(part, Wish(wants, part))}: ask for less, or an admin for a larger quota.";

    /// <summary>It does not fit with what there is.</summary>
    public static string Full(QuotaSubject subject, Quota quota, QuotaPart part, QuotaUse used, TaskResources wants) =>
        $"{Name(subject, quota)} is {Amount(part, Limit(quota.Limits, part)!.Value)} at once: {Number(part, Used(used, part))} in use, and this asks for {Number(part, Wish(wants, part))}.";

    /// <summary>It would fit, and others asked first.</summary>
    public static string Turn(QuotaSubject subject, Quota quota, QuotaPart part, QuotaUse used) =>
        $"{Name(subject, quota)} is {Amount(part, Limit(quota.Limits, part)!.Value)} at once: {Number(part, Used(used, part))} in use, and others in the project wait for the rest.";

    /// <summary>The month's GPU hours are used up.</summary>
    public static string NoHours(QuotaSubject subject, Quota quota, double used, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name(subject, quota)} is {quota.Limits.GpuHours:0.##} GPU hours a month, and {used:0.##} are used in {now.UtcDateTime:MMMM yyyy}: there are GPUs for it again from {GpuMonth.StartOf(now).AddMonths(1):yyyy-MM-dd} (UTC) on, or when an admin gives it a larger quota.");

    /// <summary>The content of a project takes all that it may.</summary>
    public static string NoStorage(QuotaSubject subject, Quota quota, long used) =>
        $"{Name(subject, quota)} is {Amount(QuotaPart.Storage, quota.Limits.StorageBytes ?? 0)}, and {Bytes(used)} are used. Let go of snapshots ('adit volume prune', 'adit volume rm') and have an admin run 'adit store gc', or ask for a larger quota.";

    /// <summary>The limits of one, for the audit log.</summary>
    public static string Limits(SetQuotaRequest limits)
    {
        var parts = Enum.GetValues<QuotaPart>().Where(p => Limit(limits, p) is not null).Select(p => Amount(p, Limit(limits, p)!.Value)).ToList();
        return parts.Count > 0 ? string.Join(", ", parts) : "no limits";
    }

    private static string Name(QuotaSubject subject, Quota quota) =>
        $"The quota of the {subject}{(quota.Subject.Name == QuotaSubject.Everybody ? " (the default)" : "")}";

    private static string Amount(QuotaPart part, double amount) => part switch
    {
        QuotaPart.Tasks => Count(amount, "task"),
        QuotaPart.Cpu => Count(amount, "core"),
        QuotaPart.Memory => $"{Number(part, amount)} of memory",
        QuotaPart.Gpus => Count(amount, "GPU"),
        QuotaPart.Storage => $"{Number(part, amount)} of storage",
        _ => Count(amount, "GPU hour") + " a month",
    };

    private static string Number(QuotaPart part, double amount) => part is QuotaPart.Memory or QuotaPart.Storage ? Bytes(amount) : amount.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Count(double amount, string one) => string.Create(CultureInfo.InvariantCulture, $"{amount:0.##} {one}{(amount == 1 ? "" : "s")}");

    private static string Bytes(double bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.##} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 20):0.##} MiB");
}
