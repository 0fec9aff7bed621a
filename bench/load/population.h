// A made-up hospital: patient and study number i are always the same person and the same visit, whoever asks.
//
// The sender fills an archive with the first N studies, the finder asks for studies out of the same N, and
// both need nothing but i. Two studies a patient, ten years of dates, names as skewed as names are. All
// values are plain ASCII.
#pragma once

#include <cstdint>
#include <string>

namespace argent::bench {

struct StudyFacts {
  std::string patient_id;    // 10 characters
  std::string patient_name;  // Family^Given
  std::string birth_date;    // DA
  std::string sex;           // M or F
  std::string accession;     // 12 characters
  std::string study_date;    // DA
  std::string study_time;    // TM
  std::string modality;      // CT, MR, CR, US
  std::string description;   // one of a few dozen
  std::string study_id;      // the number
};

StudyFacts StudyOf(uint64_t study_index);

}  // namespace argent::bench
